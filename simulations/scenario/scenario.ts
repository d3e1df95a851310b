/**
 * A scenario: one typed document that says what is learned, from which data, by which fleet, and until when. Named ones lie in
 * `simulations/scenarios`, one file each; anybody's own can be a JSON file of the same shape.
 */
import { z } from 'zod';
import { asksForLabels } from '../../shared/task/asks-for-labels.ts';
import { MurmurError } from '../../shared/errors.ts';
import { SUGGESTING } from '../../shared/task/misspelt-settings.ts';
import { parseTaskSpec, problemsOf, type SpecProblem } from '../../shared/task/parse-task-spec.ts';
import { Patience, trainsModel, type GossipTask, type TaskSpec, type TaskSpecInput } from '../../shared/task/task-spec.ts';
import { FleetSpec } from '../fleet/fleet-spec.ts';
import { PartitionSpec } from '../partitioners/registry.ts';
import { meetsContract } from '../datasets/dataset.ts';
import { DatasetSpec, openDataset } from '../datasets/registry.ts';
import { ScenarioTroubles, troubleProblems } from '../troubles/scenario-troubles.ts';
import { attackerProblems, ScenarioAttackers } from './scenario-attackers.ts';
import { faultProblems, ScenarioFaults } from './scenario-faults.ts';

const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const Training = z.discriminatedUnion('kind', [
  /** The task's model on the dataset, by the wasm backend on one thread. */
  z.strictObject({
    kind: z.literal('real'),
    /** Work of a step beside one of the reference model (784-200-200-10, batch 10); null: by the numbers of parameters and of examples. */
    stepCost: z.number().positive().nullable().default(null),
  }),
  /** Nothing is learned: updates of so many parameters, drawn beforehand. The task's own model is not built. */
  z.strictObject({ kind: z.literal('trivial'), parameters: z.int().positive().max(1 << 28).default(1000), examples: z.int().positive().default(100) }),
]);

const Server = z.strictObject({
  /** Virtual milliseconds that an evaluation takes the coordinator. */
  evaluationMs: z.number().nonnegative().default(0),
  /** Every so many versions one is evaluated; 0: none. */
  evaluateEvery: z.int().nonnegative().default(1),
  /** Held-out examples that it is evaluated on; null: all. */
  evaluateOn: z.int().positive().nullable().default(null),
  /** Versions that are kept beside the best one, since a long run would fill the disk; null: all. */
  keepVersions: z.int().positive().nullable().default(2),
});

/** What scenarios of both modes say. */
export const sharedFields = {
  name: z.string().regex(NAME_PATTERN, 'lower-case letters, digits and dashes, 1–64 characters'),
  description: z.string().max(2000).default(''),
  /** A task of the scenario's mode but for its name, which is the scenario's. */
  task: z.looseObject({}),
  data: z
    .strictObject({
      dataset: DatasetSpec,
      partition: PartitionSpec,
      partitionSeed: z.int().nullable().default(null),
      /** Of its part an edge keeps so many examples, drawn by the partition's seed; null: all. */
      examplesAtMost: z.int().positive().nullable().default(null),
    })
    .nullable()
    .default(null),
  /** Clients. */
  edges: z.int().positive().max(1_000_000),
  fleet: FleetSpec.prefault({}),
  training: Training.prefault({ kind: 'real' }),
  /** Accuracy whose round is looked for, and at which the run ends unless it is told to go on. */
  target: z.number().min(0).max(1).nullable().default(null),
  /** Versions at which it ends at the latest; in gossip mode rounds of each peer. */
  rounds: z.int().positive(),
  /** Virtual hours after which it ends at the latest, whatever was reached. */
  hours: z.number().positive().default(24 * 365),
} as const;

const Document = z.strictObject({
  ...sharedFields,
  server: Server.prefault({}),
  /** Ends the run where its versions no longer get better; null: not. */
  patience: Patience.nullable().default(null),
  /** What breaks; null: nothing but what the fleet's own lines and owners do. */
  faults: ScenarioFaults.nullable().default(null),
  /** Edges that are in trouble on purpose; null: none. */
  troubles: ScenarioTroubles.nullable().default(null),
  /** Edges that want rounds to go wrong; null: none. */
  attackers: ScenarioAttackers.nullable().default(null),
});

export type ScenarioInput = Omit<z.input<typeof Document>, 'task'> & { readonly task: Omit<TaskSpecInput, 'name' | 'stop'> };
export type Scenario = Omit<z.output<typeof Document>, 'task'> & { readonly task: TaskSpec };

/** @throws bad_config with the path of each wrong field, those of its task (`task.round.goal`), its fleet and its partition among them */
export function parseScenario(input: unknown): Scenario {
  return parseWith(Document, parseTaskSpec, misfits, input);
}

/** What of a scenario's document the parsing of both modes looks at. */
type SharedDocument = Pick<z.output<typeof Document>, 'data' | 'training' | 'edges'>;

/**
 * One way for both modes: the document by its schema, its task by the mode's own parser, and what does not go together.
 * @throws bad_config with all that is wrong
 */
export function parseWith<Fields extends SharedDocument, Task extends TaskSpec | GossipTask>(
  document: z.ZodType<Fields>, taskOf: (input: unknown) => Task, misfitsOf: (document: Fields, task: Task) => readonly SpecProblem[], input: unknown,
): Omit<Fields, 'task'> & { readonly task: Task } {
  const parsed = document.safeParse(input, SUGGESTING);
  const problems: SpecProblem[] = parsed.success ? [] : problemsOf(parsed.error.issues, []);
  const task = parseTask(taskOf, (typeof input === 'object' && input !== null ? input : {}) as RawScenario, problems);
  if (parsed.success && parsed.data.training.kind === 'real' && parsed.data.data === null) problems.push({ path: 'data', message: 'real training needs a dataset and a partition' });
  if (parsed.success && task !== null) problems.push(...misfitsOf(parsed.data, task), ...dataMisfits(parsed.data, task));
  if (!parsed.success || task === null || problems.length > 0) throw badScenario(problems);
  return { ...parsed.data, task };
}

function dataMisfits({ data, training }: SharedDocument, task: TaskSpec | GossipTask): SpecProblem[] {
  if (training.kind !== 'real' || data === null || meetsContract(openDataset(data.dataset), task.data)) return [];
  return [{ path: 'task.data', message: `this is not the data contract of ${data.dataset.name}; \`murmur simulate --list\` names scenarios that have it` }];
}

/** What is right by itself, and cannot work together. */
function misfits({ edges, training, faults, troubles, attackers }: z.output<typeof Document>, task: TaskSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (edges < task.round.minimum) problems.push({ path: 'edges', message: `${edges} edges can never give the ${task.round.minimum} reports that a round needs (task.round.minimum)` });
  if (training.kind === 'trivial' && asksForLabels(task)) problems.push({ path: 'task.selection', message: 'it asks for labels, and trivial training has none; take real training, or another policy' });
  if (faults !== null) problems.push(...faultProblems(faults, edges));
  if (troubles !== null) problems.push(...troubleProblems(troubles, edges));
  if (troubles !== null && troubles.shuffledLabels > 0 && training.kind === 'trivial') problems.push({ path: 'troubles.shuffledLabels', message: 'trivial training has no labels; take real training' });
  if (attackers !== null) problems.push(...attackerProblems(attackers, edges, training.kind, task));
  if (!trainsModel(task)) problems.push(...withoutModel({ training, troubles, attackers }));
  return problems;
}

/** What spoils or stands for training has nothing to do where nobody trains. */
function withoutModel({ training, troubles, attackers }: Pick<z.output<typeof Document>, 'training' | 'troubles' | 'attackers'>): SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (training.kind === 'trivial') problems.push({ path: 'training', message: 'trivial training stands in for a model, and this task has none; take real training' });
  if (attackers !== null) problems.push({ path: 'attackers', message: 'they spoil what a model learns, and this task has none; leave them out' });
  if (troubles !== null && (troubles.stragglers > 0 || troubles.scaledUpdates.edges > 0)) problems.push({ path: 'troubles', message: 'nobody trains here; shuffled labels are what can be wrong with a task without a model' });
  return problems;
}

function badScenario(problems: readonly SpecProblem[]): MurmurError {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new MurmurError('bad_config', `the scenario is refused: ${lines.join('; ')}`, { details: problems });
}

interface RawScenario {
  readonly name?: unknown;
  readonly task?: unknown;
  readonly rounds?: unknown;
  readonly target?: unknown;
  readonly patience?: unknown;
}

/** The task, complete; the scenario says when it ends. */
function parseTask<Task extends TaskSpec | GossipTask>(taskOf: (input: unknown) => Task, { name, task, rounds, target, patience }: RawScenario, problems: SpecProblem[]): Task | null {
  if (typeof task !== 'object' || task === null) return null;
  for (const key of ['name', 'stop']) if (Object.hasOwn(task, key)) problems.push({ path: `task.${key}`, message: key === 'name' ? 'a scenario’s task has the scenario’s name' : 'a scenario says itself when it ends: target, rounds, hours, patience' });
  try {
    // What is wrong with these three is said of the scenario's own fields.
    const stop = { rounds: Number.isSafeInteger(rounds) && (rounds as number) > 0 ? rounds : 1, accuracy: typeof target === 'number' && target >= 0 && target <= 1 ? target : null, ...(Patience.safeParse(patience).success ? { patience } : {}) };
    return taskOf({ ...task, name: typeof name === 'string' && NAME_PATTERN.test(name) ? name : 'scenario', stop });
  } catch (thrown) {
    if (!(thrown instanceof MurmurError) || !Array.isArray(thrown.details)) throw thrown;
    problems.push(...(thrown.details as readonly SpecProblem[]).map(({ path, message }) => ({ path: path === '' ? 'task' : `task.${path}`, message })));
    return null;
  }
}
