/** What algorithms without a model share, and how the house finds their first version, their bounds and their result. */
import { MurmurError } from '../errors.ts';
import type { Trainer } from '../model/trainer.ts';
import type { AnyTask } from '../task/task-spec.ts';
import { createLayout, sizeOf, type Layout, type Parameters } from '../tensors/layout.ts';
import type { ModelFree, ServerState } from './algorithm.ts';
import { configOf, findAlgorithm } from './registry.ts';
import type { TaskResult } from './statistics/result.ts';

type Described = Pick<AnyTask, 'algorithm' | 'data'>;

/** null: the task's algorithm trains a model. */
export function modelFreeOf({ algorithm }: Pick<AnyTask, 'algorithm'>): ModelFree | null {
  return findAlgorithm(algorithm.name).modelFree ?? null;
}

/** Version 0 of a task without a model. @throws bad_task_spec */
export function initialWithoutModel(task: Described): Parameters {
  const free = modelFreeOf(task);
  if (free === null) throw new MurmurError('bad_task_spec', `algorithm ${task.algorithm.name} trains a model, and the task has none`);
  return free.initial(task.data, configOf(task.algorithm));
}

/** Numbers in a report of a task without a model. */
export function numbersForwarded({ algorithm, data }: Described): number {
  return findAlgorithm(algorithm.name).needs.fields(createLayout([]), { config: configOf(algorithm), data }).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** What a version of such a task says; null: the task trains a model, which says nothing by itself. */
export function resultOf(task: Described, state: ServerState): TaskResult | null {
  return modelFreeOf(task)?.result(state, task.data, configOf(task.algorithm)) ?? null;
}

/** For tasks without one: whoever asks it to train has mistaken the task. */
export function noTrainer(layout: Layout): Trainer {
  const refuse = (): never => {
    throw new MurmurError('internal', 'this task trains no model');
  };
  return { layout, examples: 0, heldOut: 0, load: refuse, read: refuse, train: refuse, gradient: refuse, evaluate: refuse, dispose: () => undefined };
}
