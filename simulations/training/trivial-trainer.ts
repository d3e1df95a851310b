/** A client that learns nothing: for simulations in which everything but training counts. Its update is drawn beforehand, and costs no time to make. */
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { trainingSteps } from '../../shared/model/training-length.ts';
import { createRandom } from '../../shared/random.ts';
import { createLayout, createParameters, type Layout } from '../../shared/tensors/layout.ts';
import { moved } from '../../shared/tensors/vectors.ts';

/** Updates that clients share: their number says nothing of the memory that a fleet takes. */
const DISTINCT = 8;

export const trivialLayout = (parameters: number): Layout => createLayout([{ name: 'weights', shape: [parameters] }]);

/** Values in ±0.01 with full mantissas, as real updates have. */
export function preparedUpdates(parameters: number, seed: number): readonly Float32Array[] {
  return Array.from({ length: DISTINCT }, (_, i) => {
    const random = createRandom(seed).fork(`update ${i}`);
    return Float32Array.from({ length: parameters }, () => (random.next() - 0.5) / 50);
  });
}

export interface TrivialTrainerOptions {
  readonly clock: Clock;
  readonly layout: Layout;
  readonly examples: number;
  readonly update: Float32Array;
  readonly durationMs: (steps: number, batchSize: number) => number;
}

/** For `fedsgd` its gradient is the update itself, for others its weights move by it. */
export function createTrivialTrainer({ clock, layout, examples, update, durationMs }: TrivialTrainerOptions): Trainer {
  let values: Float32Array | null = null;
  /** How often it has moved from there. */
  let moves = 0;
  const loaded = (): Float32Array => {
    if (values === null) throw new MurmurError('internal', 'no weights were loaded');
    return values;
  };
  return {
    layout,
    examples,
    heldOut: 0,
    load(next) {
      values = next;
      moves = 0;
    },
    // Here they are made, in memory that is the caller's: between training and reading nobody looks at them.
    read: async () => moved(loaded(), update, moves),
    async train(options) {
      const { steps, batchSize } = trainingSteps(options, options.batchSize, examples);
      await sleep(clock, durationMs(steps, batchSize), options.signal);
      loaded();
      moves++;
      return { examples, steps, loss: 1 };
    },
    async gradient({ signal }) {
      await sleep(clock, durationMs(1, examples), signal);
      return { gradient: update, examples, loss: 1 };
    },
    evaluate: () => Promise.resolve({ examples, loss: 1, accuracy: null }),
    dispose: () => undefined,
  };
}

/** Of a model that is nothing but its layout: there is nothing to build, and nothing to evaluate. */
export function createTrivialEvaluator(parameters: number): Evaluator {
  const initial = createParameters(trivialLayout(parameters), new Float32Array(parameters));
  return {
    describe: () => Promise.resolve({ parameters: initial, problems: [] }),
    evaluate: () => Promise.resolve(null),
    setExamples: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}
