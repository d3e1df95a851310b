/** What the statistics of one task look like: its algorithm's fields, and those of its evaluation by the edges, under the task's limits. */
import { evaluationFields, type EvaluatedTask } from '../evaluation/fields.ts';
import type { StatisticSchema } from '../statistics/statistic.ts';
import type { TaskSpec } from '../task/task-spec.ts';
import type { Layout } from '../tensors/layout.ts';
import { configOf, findAlgorithm } from './registry.ts';

/** Peers of a gossip task judge their models themselves: it has no evaluation. */
type TaskWithStatistics = Pick<TaskSpec, 'algorithm' | 'limits' | 'data'> | EvaluatedTask;

/** Every report of the task is checked against it. @throws bad_task_spec for an unknown algorithm. */
export function statisticSchemaFor(spec: TaskWithStatistics, layout: Layout): StatisticSchema {
  const judged = 'evaluation' in spec ? evaluationFields(spec) : [];
  const about = { config: configOf(spec.algorithm), data: spec.data, maxWeight: spec.limits.maxWeight };
  return { fields: [...findAlgorithm(spec.algorithm.name).needs.fields(layout, about), ...judged], maxWeight: spec.limits.maxWeight, maxNorm: spec.limits.maxNorm };
}
