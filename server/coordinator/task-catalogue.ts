/** The tasks that there are, whether anybody drives them or not: how they are created, found again, and what model they begin with. */
import { initialWithoutModel } from '../../shared/algorithms/model-free.ts';
import { findAlgorithm } from '../../shared/algorithms/registry.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import type { TaskResult } from '../../shared/algorithms/statistics/result.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asTaskId, type TaskId } from '../../shared/ids.ts';
import { badTaskSpec, parseAnyTask } from '../../shared/task/parse-task-spec.ts';
import { resolveReferences } from '../../shared/task/references.ts';
import { isGossipTask, trainsModel, type AnyTask } from '../../shared/task/task-spec.ts';
import type { Layout, Parameters } from '../../shared/tensors/layout.ts';
import { requireRoom } from '../aggregation/collecting-arena.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { readResult } from '../registry/task-result.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Store, TaskRecord } from '../storage/store.ts';
import { requireDrivable } from './policy.ts';

export interface TaskCatalogueHouse {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly evaluator: Pick<Evaluator, 'describe'>;
  readonly clock: Clock;
}

export interface TaskCatalogue {
  /** @throws bad_task_spec with the path of each wrong field; conflict */
  create(input: unknown): Promise<TaskRecord>;
  /** @throws not_found */
  get(id: TaskId): Promise<TaskRecord>;
  layoutOf(task: TaskRecord): Promise<Layout>;
  /** What version 0 is made of. @throws bad_task_spec: the model cannot be built */
  initialParameters(task: TaskRecord): Promise<Parameters>;
}

export function createTaskCatalogue({ store, blobs, evaluator, clock }: TaskCatalogueHouse): TaskCatalogue {
  const layouts = new Map<TaskId, Layout>();

  async function parametersOf(spec: AnyTask): Promise<Parameters> {
    if (!trainsModel(spec)) return initialWithoutModel(spec);
    const { parameters, problems } = await evaluator.describe(spec);
    if (problems.length > 0) throw badTaskSpec(problems);
    return parameters;
  }

  async function get(id: TaskId): Promise<TaskRecord> {
    const task = await store.getTask(id);
    if (!task) throw new MurmurError('not_found', `no task is named ${id}; \`murmur task list\` shows those that are`);
    return task;
  }

  /** What a task without a model has found last, for those that go on from it. */
  async function newestResult(name: string): Promise<{ readonly version: number; readonly result: TaskResult }> {
    const task = await get(asTaskId(name));
    const version = await store.latestVersion(task.id);
    if (version === null) throw new MurmurError('not_found', `task ${name} has no result yet: start it, and wait until its first round has ended`);
    return { version: version.version, result: await readResult(blobs, task, version) };
  }

  async function initialParameters({ id, spec }: TaskRecord): Promise<Parameters> {
    const parameters = await parametersOf(spec);
    layouts.set(id, parameters.layout);
    return parameters;
  }

  return {
    async create(input) {
      const spec = parseAnyTask(await resolveReferences(input, newestResult));
      requireDrivable(findAlgorithm(spec.algorithm.name));
      const { layout } = await parametersOf(spec);
      if (!isGossipTask(spec)) requireRoom(spec, statisticSchemaFor(spec, layout));
      const task: TaskRecord = { id: asTaskId(spec.name), spec, status: 'created', statusReason: null, createdAt: clock.now() };
      await store.createTask(task);
      return task;
    },
    get,
    layoutOf: async (task) => layouts.get(task.id) ?? (await initialParameters(task)).layout,
    initialParameters,
  };
}
