/**
 * A scenario: one typed document that says what is learned, from which data, by which fleet, and until when. Named ones lie in
 * `simulations/scenarios`, one file each; anybody's own can be a JSON file of the same shape.
 */
import { z } from 'zod';
import { asksForLabels } from '../../shared/task/asks-for-labels.ts';
import { MurmurError } from '../../shared/errors.ts';
import { SUGGESTING } from '../../shared/task/misspelt-settings.ts';
import { parseTaskSpec, problemsOf, type SpecProblem } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpec, TaskSpecInput } from '../../shared/task/task-spec.ts';
import { FleetSpec } from '../fleet/fleet-spec.ts';
import { PartitionSpec } from '../partitioners/registry.ts';
import { meetsContract } from '../datasets/dataset.ts';
import { DatasetSpec, openDataset } from '../datasets/registry.ts';
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

const Document = z.strictObject({
  name: z.string().regex(NAME_PATTERN, 'lower-case letters, digits and dashes, 1–64 characters'),
  description: z.string().max(2000).default(''),
  /** A TaskSpec but for its name, which is the scenario's. */
  task: z.looseObject({}),
  data: z
    .strictObject({ dataset: DatasetSpec, partition: PartitionSpec, partitionSeed: z.int().nullable().default(null) })
    .nullable()
    .default(null),
  /** Clients. */
  edges: z.int().positive().max(1_000_000),
  fleet: FleetSpec.prefault({}),
  training: Training.prefault({ kind: 'real' }),
  /** Accuracy whose round is looked for, and at which the run ends unless it is told to go on. */
  target: z.number().min(0).max(1).nullable().default(null),
  /** Versions at which it ends at the latest. */
  rounds: z.int().positive(),
  /** Virtual hours after which it ends at the latest, whatever was reached. */
  hours: z.number().positive().default(24 * 365),
  server: Server.prefault({}),
  /** What breaks; null: nothing but what the fleet's own lines and owners do. */
  faults: ScenarioFaults.nullable().default(null),
});

export type ScenarioInput = Omit<z.input<typeof Document>, 'task'> & { readonly task: Omit<TaskSpecInput, 'name' | 'stop'> };
export type Scenario = Omit<z.output<typeof Document>, 'task'> & { readonly task: TaskSpec };

/** @throws bad_config with the path of each wrong field, those of its task (`task.round.goal`), its fleet and its partition among them */
export function parseScenario(input: unknown): Scenario {
  const document = Document.safeParse(input, SUGGESTING);
  const problems: SpecProblem[] = document.success ? [] : problemsOf(document.error.issues, []);
  const fields = (typeof input === 'object' && input !== null ? input : {}) as { readonly name?: unknown; readonly task?: unknown; readonly rounds?: unknown; readonly target?: unknown };
  const task = parseTask(fields, problems);
  if (document.success && document.data.training.kind === 'real' && document.data.data === null) problems.push({ path: 'data', message: 'real training needs a dataset and a partition' });
  if (document.success && task !== null) problems.push(...misfits(document.data, task));
  if (!document.success || task === null || problems.length > 0) throw badScenario(problems);
  return { ...document.data, task };
}

/** What is right by itself, and cannot work together. */
function misfits({ edges, data, training, faults }: z.output<typeof Document>, task: TaskSpec): SpecProblem[] {
  const problems: SpecProblem[] = [];
  if (edges < task.round.minimum) problems.push({ path: 'edges', message: `${edges} edges can never give the ${task.round.minimum} reports that a round needs (task.round.minimum)` });
  if (training.kind === 'real' && data !== null && !meetsContract(openDataset(data.dataset), task.data)) {
    problems.push({ path: 'task.data', message: `this is not the data contract of ${data.dataset.name}; \`murmur simulate --list\` names scenarios that have it` });
  }
  if (training.kind === 'trivial' && asksForLabels(task)) problems.push({ path: 'task.selection', message: 'it asks for labels, and trivial training has none; take real training, or another policy' });
  if (faults !== null) problems.push(...faultProblems(faults, edges));
  return problems;
}

function badScenario(problems: readonly SpecProblem[]): MurmurError {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new MurmurError('bad_config', `the scenario is refused: ${lines.join('; ')}`, { details: problems });
}

/** The task, complete; the scenario says when it ends. */
function parseTask({ name, task, rounds, target }: { readonly name?: unknown; readonly task?: unknown; readonly rounds?: unknown; readonly target?: unknown }, problems: SpecProblem[]): TaskSpec | null {
  if (typeof task !== 'object' || task === null) return null;
  for (const key of ['name', 'stop']) if (Object.hasOwn(task, key)) problems.push({ path: `task.${key}`, message: key === 'name' ? 'a scenario’s task has the scenario’s name' : 'a scenario says itself when it ends: target, rounds, hours' });
  try {
    // What is wrong with these three is said of the scenario's own fields.
    const stop = { rounds: Number.isSafeInteger(rounds) && (rounds as number) > 0 ? rounds : 1, accuracy: typeof target === 'number' && target >= 0 && target <= 1 ? target : null };
    return parseTaskSpec({ ...task, name: typeof name === 'string' && NAME_PATTERN.test(name) ? name : 'scenario', stop });
  } catch (thrown) {
    if (!(thrown instanceof MurmurError) || !Array.isArray(thrown.details)) throw thrown;
    problems.push(...(thrown.details as readonly SpecProblem[]).map(({ path, message }) => ({ path: path === '' ? 'task' : `task.${path}`, message })));
    return null;
  }
}

