/** A trainer that can be told not to learn for a while: what its peer does then to the model is mixing alone. */
import type { Trainer, TrainResult } from '../../shared/model/trainer.ts';

export function pausable(trainer: Trainer, isPaused: () => boolean): Trainer {
  let last: TrainResult = { examples: trainer.examples, steps: 0, loss: 0 };
  return {
    ...trainer,
    async train(options) {
      // The weights that were loaded are left as they are.
      if (isPaused()) return { ...last, steps: 0 };
      last = await trainer.train(options);
      return last;
    },
    async gradient(options) {
      const found = await trainer.gradient(options);
      return isPaused() ? { ...found, gradient: new Float32Array(found.gradient.length) } : found;
    },
  };
}
