/** A small net behind batch normalisation that tells whether two numbers have the same sign. */
import type { ModelSpec } from '../../shared/model/build-model.ts';

export function normalisedNet(units: number): ModelSpec {
  return {
    model: {
      topology: {
        class_name: 'Sequential',
        config: {
          layers: [
            { class_name: 'BatchNormalization', config: { name: 'norm', momentum: 0.5, batch_input_shape: [null, 2] } },
            { class_name: 'Dense', config: { name: 'hidden', units, activation: 'relu' } },
            { class_name: 'Dense', config: { name: 'out', units: 2, activation: 'softmax' } },
          ],
        },
      },
      loss: 'categoricalCrossentropy', seed: 3,
    },
    data: {
      kind: 'table', features: ['x', 'z'].map((column) => ({ type: 'numeric', column, missing: 'refuse' as const })) as never,
      label: { type: 'categorical', column: 'y', values: ['apart', 'alike'] }, validation: { fraction: 0, seed: 1 },
    },
  };
}
