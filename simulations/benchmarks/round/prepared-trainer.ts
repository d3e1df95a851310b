/** A trainer that does not train: wherever it begins, it ends at weights that were drawn beforehand. */
import type { Trainer } from '../../../shared/model/trainer.ts';
import { createRandom } from '../../../shared/random.ts';
import type { Layout } from '../../../shared/tensors/layout.ts';
import { MurmurError } from '../../../shared/errors.ts';
import type { Gate } from './gate.ts';

/** @param examples the edge's weight in the mean */
export function createPreparedTrainer(layout: Layout, seed: number, examples: number, gate: Gate): Trainer {
  const trained = preparedDelta(layout.size, seed);
  const refuse = (): never => {
    throw new MurmurError('internal', 'the benchmark asks for trained weights alone');
  };
  return {
    layout,
    examples,
    heldOut: 0,
    load: () => undefined,
    read: () => Promise.resolve(trained.slice()),
    async train({ signal }) {
      await gate.pass(signal);
      return { examples, steps: 1, loss: 1 };
    },
    gradient: refuse,
    evaluate: refuse,
    dispose: () => undefined,
  };
}

/** Values in ±0.01 with full mantissas, as real deltas have; so do differences of two. */
export function preparedDelta(size: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const delta = new Float32Array(size);
  for (let i = 0; i < size; i++) delta[i] = (random.next() - 0.5) / 50;
  return delta;
}
