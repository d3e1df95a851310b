/**
 * A client that does part of its work: since it is a straggler in this round, as in the experiments of FedProx (Li et al.
 * 2020), or since its task gives it so many seconds and its device does no more steps in them. Whatever the algorithm.
 */
import type { Trainer } from '../../shared/model/trainer.ts';
import { trainingSteps } from '../../shared/model/training-length.ts';
import { createRandom } from '../../shared/random.ts';
import type { Stragglers } from '../fleet/fleet-spec.ts';

export interface PartialWorkOptions {
  readonly stragglers: Stragglers;
  /** Virtual milliseconds that so many steps of this batch size would take the device from now on. */
  readonly expectMs: (steps: number, batchSize: number) => number;
}

export function partialWork(trainer: Trainer, { stragglers, expectMs }: PartialWorkOptions): Trainer {
  return {
    ...trainer,
    train(options) {
      // Nearly all clients of nearly all scenarios: nothing is drawn or reckoned for them.
      if (stragglers.share === 0 && (options.seconds ?? null) === null) return trainer.train(options);
      const { steps, batchSize } = trainingSteps(options, options.batchSize, trainer.examples);
      let done = steps;
      // Drawn anew for each assignment, whose seed is its own.
      const random = createRandom(options.seed).fork('straggler');
      if (stragglers.share > 0 && random.next() < stragglers.share) done = Math.ceil((stragglers.least + (1 - stragglers.least) * random.next()) * steps);
      const { seconds = null, ...rest } = options;
      if (seconds !== null) done = Math.min(done, stepsWithin(1000 * seconds, done, expectMs(done, batchSize)));
      if (done === steps && seconds === null) return trainer.train(options);
      return trainer.train({ ...rest, epochs: null, steps: Math.max(1, done) });
    },
  };
}

/** Training ends at the first step past its time. */
function stepsWithin(mostMs: number, steps: number, ms: number): number {
  return ms <= mostMs ? steps : Math.floor((steps * mostMs) / ms) + 1;
}
