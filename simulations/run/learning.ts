/** What a scenario learns with: the pool of workers and its clients' trainers, or trainers that do nothing. */
import type { Evaluator } from '../../server/evaluation/evaluator.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { createTrainingPool } from '../training/pool.ts';
import { createPooledEvaluator } from '../training/pooled-evaluator.ts';
import { createPooledTrainer } from '../training/pooled-trainer.ts';
import { createTrivialEvaluator, createTrivialTrainer, preparedUpdates, trivialLayout } from '../training/trivial-trainer.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { dealOut } from './dealt-out.ts';

export type DurationOf = (steps: number, cost: number) => number;

export interface Learning {
  readonly evaluator: Evaluator;
  /** Training examples of each client. */
  readonly examples: readonly number[];
  /** Their labels; null where there are none. */
  labelsOf(number: number): Int32Array | null;
  /** @param durationMs how long so many steps, each of that cost beside the reference model's, take the client's device from now on; virtual milliseconds */
  trainer(number: number, durationMs: DurationOf): Trainer;
  /** Resolves with what went wrong when nothing more can be learned. */
  readonly broken: Promise<MurmurError>;
  stop(): Promise<void>;
}

export interface LearningOptions {
  readonly clock: VirtualClock;
  /** Of the simulation. */
  readonly seed: number;
  readonly workers: number;
}

/** The reference model's parameters and batch: what `stepsPerSecond` counts. */
const REFERENCE_WORK = 199_210 * 10;
const RESIDENT_BYTES = 512 * 2 ** 20;

export function openLearning(scenario: Scenario, options: LearningOptions): Promise<Learning> {
  return scenario.training.kind === 'real' ? openRealLearning(scenario, options) : Promise.resolve(openTrivialLearning(scenario, options));
}

function openTrivialLearning({ training, edges }: Scenario, { clock, seed }: LearningOptions): Learning {
  if (training.kind !== 'trivial') throw new MurmurError('internal', 'not a trivial scenario');
  const layout = trivialLayout(training.parameters);
  const updates = preparedUpdates(training.parameters, seed);
  const cost = (batchSize: number): number => (training.parameters * batchSize) / REFERENCE_WORK;
  return {
    evaluator: createTrivialEvaluator(training.parameters),
    examples: Array.from({ length: edges }, () => training.examples),
    labelsOf: () => null,
    trainer: (number, durationMs) => createTrivialTrainer({ clock, layout, examples: training.examples, update: updates[number % updates.length], durationMs: (steps, batchSize) => durationMs(steps, cost(batchSize)) }),
    broken: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

async function openRealLearning({ task, data, edges, rounds, training, server }: Scenario, { clock, seed, workers }: LearningOptions): Promise<Learning> {
  if (data === null || training.kind !== 'real') throw new MurmurError('bad_config', 'the scenario is refused: data: real training needs a dataset and a partition');
  const { dataset, plan } = await dealOut({ data, edges }, seed);
  const [train, test] = await Promise.all([dataset.loadWhole('train'), dataset.loadWhole('test')]);
  const pool = await createTrainingPool({ model: { model: task.model, data: task.data }, data: { dataset: data.dataset, sets: { train, test }, contract: task.data, plan }, residentBytes: RESIDENT_BYTES }, workers);
  const heldOut = server.evaluateEvery === 0 ? 0 : Math.min(test.size, server.evaluateOn ?? Infinity);
  const evaluator = createPooledEvaluator({ pool, clock, heldOut, every: Math.max(1, server.evaluateEvery), last: rounds, evaluationMs: server.evaluationMs });
  let layout: Layout | null = null;
  const { stepCost } = training;
  return {
    evaluator: {
      ...evaluator,
      async describe(spec) {
        const described = await evaluator.describe(spec);
        layout = described.parameters.layout;
        return described;
      },
    },
    examples: plan.parts.map(({ length }) => length),
    labelsOf: (number) => plan.parts[number].map((index) => train.labels[index]),
    trainer(number, durationMs) {
      if (layout === null) throw new MurmurError('internal', 'the model was not described yet');
      const { size } = layout;
      const cost = (batchSize: number): number => stepCost ?? (size * batchSize) / REFERENCE_WORK;
      return createPooledTrainer({ pool, clock, layout, part: number, examples: plan.parts[number].length, durationMs: (steps, batchSize) => durationMs(steps, cost(batchSize)) });
    },
    broken: pool.broken,
    stop: () => pool.stop(),
  };
}
