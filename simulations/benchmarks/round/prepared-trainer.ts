/** A trainer that does not train: it moves the weights by a delta that was drawn beforehand. */
import type { Trainer } from '../../../shared/model/trainer.ts';
import { createRandom } from '../../../shared/random.ts';
import type { Layout } from '../../../shared/tensors/layout.ts';
import { moved } from '../../../shared/tensors/vectors.ts';
import { MurmurError } from '../../../shared/errors.ts';
import type { Gate } from './gate.ts';

/** @param examples the edge's weight in the mean */
export function createPreparedTrainer(layout: Layout, seed: number, examples: number, gate: Gate): Trainer {
  const delta = preparedDelta(layout.size, seed);
  let base: Float32Array = new Float32Array(layout.size);
  const refuse = (): never => {
    throw new MurmurError('internal', 'the benchmark asks for trained weights alone');
  };
  return {
    layout,
    examples,
    load(values) {
      base = values;
    },
    read: () => Promise.resolve(moved(base, delta, 1)),
    async train({ signal }) {
      await gate.pass(signal);
      return { examples, steps: 1, loss: 1 };
    },
    gradient: refuse,
    evaluate: refuse,
    dispose: () => undefined,
  };
}

/** Values in ±0.01 with full mantissas, as real deltas have. */
export function preparedDelta(size: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const delta = new Float32Array(size);
  for (let i = 0; i < size; i++) delta[i] = (random.next() - 0.5) / 50;
  return delta;
}
