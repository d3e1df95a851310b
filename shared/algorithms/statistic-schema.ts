/** What the statistics of one task look like: its algorithm's fields under the task's limits. */
import type { StatisticSchema } from '../statistics/statistic.ts';
import type { TaskSpec } from '../task/task-spec.ts';
import type { Layout } from '../tensors/layout.ts';
import { findAlgorithm } from './registry.ts';

/** Every report of the task is checked against it. @throws bad_task_spec for an unknown algorithm. */
export function statisticSchemaFor(spec: Pick<TaskSpec, 'algorithm' | 'limits'>, layout: Layout): StatisticSchema {
  return { fields: findAlgorithm(spec.algorithm.name).needs.fields(layout), maxWeight: spec.limits.maxWeight, maxNorm: spec.limits.maxNorm };
}
