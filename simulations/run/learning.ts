/** What a scenario learns with: the pool of workers and its clients' trainers, or trainers that do nothing. */
import { heldBack, splitPlaces } from '../../client/datasets/split.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Evaluation, Trainer } from '../../shared/model/trainer.ts';
import { trainsModel } from '../../shared/task/task-spec.ts';
import { createParameters, type Layout } from '../../shared/tensors/layout.ts';
import type { AnyScenario, GossipScenario } from '../scenario/gossip-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { createTrainingPool, type TrainingPool } from '../training/pool.ts';
import { attackSuccessInPool, createPooledEvaluator, evaluateInPool } from '../training/pooled-evaluator.ts';
import { createPooledTrainer } from '../training/pooled-trainer.ts';
import { partialWork } from '../training/partial-work.ts';
import type { TrainingData } from '../training/training-data.ts';
import { createTrivialEvaluator, createTrivialTrainer, preparedUpdates, trivialLayout } from '../training/trivial-trainer.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import { openComputing } from './computing.ts';
import { dealOut } from './dealt-out.ts';
import { hostilityOf } from './hostility.ts';
import type { GossipLearning, Learning, LearningOptions, Pace, SharedLearning } from './learning-contract.ts';
import { REFERENCE_WORK } from './reference-work.ts';

const RESIDENT_BYTES = 512 * 2 ** 20;

export async function openLearning(scenario: Scenario, options: LearningOptions): Promise<Learning> {
  if (!trainsModel(scenario.task)) return openComputing(scenario, options);
  if (scenario.training.kind === 'trivial') {
    const { parameters, examples } = scenario.training;
    return { ...trivialClients(scenario.training, scenario, options), ...TRAINED, evaluator: createTrivialEvaluator(parameters), datasetOf: async (number) => saidToHold(examples, null, number), attackers: [], attackSuccessOf: () => null };
  }
  const { clock } = options;
  const hostile = hostilityOf(scenario, options.seed);
  const { pool, heldOut: whole, trainerOf, labelsOf, ...clients } = await openPool(scenario, options, hostile?.poisoned ?? null);
  const { server, rounds } = scenario;
  const successes = new Map<number, number>();
  const heldOut = server.evaluateEvery === 0 ? 0 : Math.min(whole, server.evaluateOn ?? Infinity);
  const evaluator = createPooledEvaluator({
    pool, clock, heldOut, every: Math.max(1, server.evaluateEvery), last: rounds, evaluationMs: server.evaluationMs,
    ...(hostile?.poisoned?.poison.kind === 'backdoor' ? { onEvaluated: async (version, values) => void successes.set(version, await attackSuccessInPool(pool, values, heldOut)) } : {}),
  });
  let layout: Layout | null = null;
  return {
    ...clients,
    ...TRAINED,
    datasetOf: async (number) => saidToHold(clients.examples[number], labelsOf(number), number),
    attackers: hostile?.attackers ?? [],
    attackSuccessOf: (version) => successes.get(version) ?? null,
    evaluator: {
      ...evaluator,
      async describe(spec) {
        const described = await evaluator.describe(spec);
        layout = described.parameters.layout;
        return described;
      },
    },
    trainer(number, pace) {
      if (layout === null) throw new MurmurError('internal', 'the model was not described yet');
      const trainer = trainerOf(layout, number, pace);
      return hostile === null ? trainer : hostile.trainerOf(number, trainer, { pool, clock });
    },
  };
}

const TRAINED = { computingOf: () => null } as const;

/** How many there are, and of which classes. */
function saidToHold(size: number, labels: Int32Array | null, number: number): Dataset {
  return { source: `part ${number}`, validation: null, train: { size, inputs: new Uint8Array(0), inputShape: [0], scale: 1, labels: labels ?? new Int32Array(0), labelShape: [] } };
}

/** @throws bad_config where the model is none; whatever a dataset throws */
export async function openGossipLearning(scenario: GossipScenario, options: LearningOptions): Promise<GossipLearning> {
  if (scenario.training.kind === 'trivial') {
    const { parameters } = scenario.training;
    const evaluate = (): Promise<Evaluation> => Promise.reject(new MurmurError('internal', 'what was not learned cannot be judged'));
    return { ...trivialClients(scenario.training, scenario, options), initial: createParameters(trivialLayout(parameters), new Float32Array(parameters)), heldOut: 0, evaluate };
  }
  const { pool, heldOut, trainerOf, ...clients } = await openPool(scenario, options, null);
  try {
    const { parameters: initial, problems } = await pool.run('describe', {});
    if (problems.length > 0) throw new MurmurError('bad_config', `the scenario is refused: ${problems.map(({ path, message }) => `task.${path}: ${message}`).join('; ')}`, { details: problems });
    return { ...clients, initial, heldOut, evaluate: (values, examples) => evaluateInPool(pool, values, examples), trainer: (number, pace) => trainerOf(initial.layout, number, pace) };
  } catch (thrown) {
    await pool.stop();
    throw thrown;
  }
}

function trivialClients({ parameters, examples }: TrivialTraining, { edges, fleet: { stragglers } }: Pick<AnyScenario, 'edges' | 'fleet'>, { clock, seed }: LearningOptions): SharedLearning {
  const layout = trivialLayout(parameters);
  const updates = preparedUpdates(parameters, seed);
  const cost = (batchSize: number): number => (parameters * batchSize) / REFERENCE_WORK;
  return {
    examples: Array.from({ length: edges }, () => examples),
    trainer: (number, { durationMs, expectMs }) =>
      partialWork(createTrivialTrainer({ clock, layout, examples, update: updates[number % updates.length], durationMs: (steps, batchSize) => durationMs(steps, cost(batchSize)) }), {
        stragglers, expectMs: (steps, batchSize) => expectMs(steps, cost(batchSize)),
      }),
    broken: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

type TrivialTraining = Extract<Scenario['training'], { kind: 'trivial' }>;

interface OpenedPool extends Pick<Learning, 'examples' | 'broken' | 'stop'> {
  labelsOf(number: number): Int32Array;
  readonly pool: TrainingPool;
  /** Examples of the dataset's test set. */
  readonly heldOut: number;
  trainerOf(layout: Layout, number: number, pace: Pace): Trainer;
}

async function openPool(scenario: AnyScenario, { clock, seed, workers }: LearningOptions, poisoned: TrainingData['poisoned']): Promise<OpenedPool> {
  const { task, data, training, fleet } = scenario;
  if (data === null || training.kind !== 'real') throw new MurmurError('bad_config', 'the scenario is refused: data: real training needs a dataset and a partition');
  const { dataset, plan } = await dealOut(scenario, seed);
  const [train, test] = await Promise.all([dataset.loadWhole('train'), dataset.loadWhole('test')]);
  if (!trainsModel(task)) throw new MurmurError('internal', 'there is no model to be trained in a pool');
  const pool = await createTrainingPool({ model: { model: task.model, data: task.data }, data: { dataset: data.dataset, sets: { train, test }, contract: task.data, plan, poisoned }, residentBytes: RESIDENT_BYTES }, workers);
  const { stepCost } = training;
  const { validation } = task.data;
  return {
    pool,
    heldOut: test.size,
    examples: plan.parts.map(({ length }) => length - heldBack(length, validation.fraction)),
    labelsOf: (number) => splitPlaces(plan.parts[number].length, validation).train.map((place) => train.labels[plan.parts[number][place]]),
    trainerOf(layout, number, { durationMs, expectMs }) {
      const size = plan.parts[number].length;
      const heldOut = heldBack(size, validation.fraction);
      const cost = (batchSize: number): number => stepCost ?? (layout.size * batchSize) / REFERENCE_WORK;
      const trainer = createPooledTrainer({ pool, clock, layout, part: number, examples: size - heldOut, heldOut, durationMs: (steps, batchSize) => durationMs(steps, cost(batchSize)) });
      return partialWork(trainer, { stragglers: fleet.stragglers, expectMs: (steps, batchSize) => expectMs(steps, cost(batchSize)) });
    },
    broken: pool.broken,
    stop: () => pool.stop(),
  };
}
