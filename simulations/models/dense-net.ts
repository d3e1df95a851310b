/** Dense layers one after another: ReLU between them, softmax at the end. Takes flat examples. */
import type { Topology } from '../../shared/model/topology.ts';

export interface DenseNetOptions {
  readonly name: string;
  readonly inputs: number;
  /** Units of the hidden layers, in order; none: softmax regression. */
  readonly hidden: readonly number[];
  readonly classes: number;
}

export function denseNet({ name, inputs, hidden, classes }: DenseNetOptions): Topology {
  const dense = (layer: string, units: number, activation: string, first: object): object => ({
    class_name: 'Dense',
    config: { name: layer, ...first, units, activation, kernel_initializer: { class_name: 'GlorotUniform', config: {} } },
  });
  const firstOf = (i: number): object => (i === 0 ? { batch_input_shape: [null, inputs] } : {});
  return {
    class_name: 'Sequential',
    config: { name, layers: [...hidden.map((units, i) => dense(`hidden_${i + 1}`, units, 'relu', firstOf(i))), dense('output', classes, 'softmax', firstOf(hidden.length))] },
  };
}
