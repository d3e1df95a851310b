/** The tasks that an edge serves: their specs, its data for them, and the trainers that it keeps warm. */
import type { EdgeData } from '../../shared/algorithms/algorithm.ts';
import { modelFreeOf } from '../../shared/algorithms/model-free.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { ColumnTable } from '../../shared/statistics/columns.ts';
import { classesOf } from '../../shared/task/data-contract.ts';
import { trainsModel, type TaskSpec } from '../../shared/task/task-spec.ts';
import { loadColumns } from '../datasets/columns.ts';
import { countLabels } from '../datasets/count-labels.ts';
import type { EdgeSessionOptions } from './session-options.ts';

interface Served {
  readonly spec: TaskSpec;
  readonly dataset: Dataset | null;
  /** Of a task whose statistics read columns. */
  readonly table: ColumnTable | null;
  /** Training examples by class; null for regression, and before somebody asked. */
  labels: readonly number[] | null;
  trainer: Promise<Trainer> | null;
}

export interface TaskBench {
  knows(task: TaskId): boolean;
  specOf(task: TaskId): TaskSpec | null;
  /** Training examples; null where this edge has no data for the task. */
  examplesOf(task: TaskId): number | null;
  /** Training examples by class, counted once; null for regression, or where this edge has no data for the task. */
  labelsOf(task: TaskId): readonly number[] | null;
  /** Loads the data. @throws bad_dataset; the task then counts as known, without data */
  prepare(task: TaskId, spec: TaskSpec): Promise<void>;
  trainer(task: TaskId): Promise<Trainer>;
  /** What an algorithm without a model computes from. */
  dataOf(task: TaskId): EdgeData;
  /** Frees the trainers of all other tasks; one that is wanted again is built again. */
  keepWarm(tasks: readonly TaskId[]): void;
  dispose(): void;
}

export function createTaskBench(options: Pick<EdgeSessionOptions, 'datasetFor' | 'createTrainer'>): TaskBench {
  const tasks = new Map<TaskId, Served>();
  const free = ({ trainer }: Served): void => void trainer?.then((built) => built.dispose()).catch(() => undefined);
  return {
    knows: (task) => tasks.has(task),
    specOf: (task) => tasks.get(task)?.spec ?? null,
    examplesOf: (task) => tasks.get(task)?.dataset?.train.size ?? tasks.get(task)?.table?.rows ?? null,
    labelsOf(task) {
      const served = tasks.get(task);
      if (!served?.dataset) return null;
      served.labels ??= countLabels(served.dataset.train, classesOf(served.spec.data)?.length ?? 0);
      return served.labels;
    },
    async prepare(task, spec) {
      const served: Served = { spec, dataset: null, table: null, labels: null, trainer: null };
      tasks.set(task, served);
      const source = options.datasetFor(task, spec);
      if (!source) return;
      tasks.set(task, modelFreeOf(spec)?.reads === 'columns' ? { ...served, table: await loadColumns(source, spec.data) } : { ...served, dataset: await source.load(spec.data) });
    },
    dataOf(task) {
      const missing = (): never => {
        throw new TypeError(`no such data was loaded for task ${task}`);
      };
      const served = tasks.get(task) ?? missing();
      return {
        contract: served.spec.data,
        columns: async () => served.table ?? missing(),
        examples: async () => served.dataset?.train ?? missing(),
      };
    },
    trainer(task) {
      const served = tasks.get(task);
      if (!served?.dataset || !trainsModel(served.spec)) return Promise.reject(new TypeError(`no data to train on was loaded for task ${task}`));
      served.trainer ??= options.createTrainer(served.spec, served.dataset).catch((thrown: unknown) => {
        // A backend that failed once may start the next time.
        served.trainer = null;
        throw thrown;
      });
      return served.trainer;
    },
    keepWarm(wanted) {
      for (const [task, served] of tasks) {
        if (wanted.includes(task)) continue;
        free(served);
        served.trainer = null;
      }
    },
    dispose() {
      for (const served of tasks.values()) free(served);
      tasks.clear();
    },
  };
}
