/** Whether a task wants to know how an edge's examples spread over the classes. */
import { classesOf } from './data-contract.ts';
import type { TaskSpec } from './task-spec.ts';

type Asking = Pick<TaskSpec, 'data'> & Partial<Pick<TaskSpec, 'evaluation'>> & { readonly selection: { readonly criteria: object; readonly sampler: object } };

/**
 * True where a criterion counts labels (`criteria.labels`), the sampler stratifies by them (`sampler.by: 'label'`) or the evaluation does (`evaluation.by`), and
 * there are classes to count. A task that does not ask is told nothing; whether one that asks is told is for the edge's owner to say.
 */
export function asksForLabels({ data, evaluation = null, selection: { criteria, sampler } }: Asking): boolean {
  if (classesOf(data) === null) return false;
  const counted = 'labels' in criteria && criteria.labels !== undefined;
  return counted || evaluation?.by === 'label' || ('by' in sampler && sampler.by === 'label');
}
