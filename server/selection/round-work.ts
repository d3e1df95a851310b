/** What a round of a task asks of an edge, as far as it bears on the time that it takes. */
import type { RoundWork } from '../../shared/selection/candidate.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';

/** Algorithms that go over the examples more than once say so in `epochs`. */
export function roundWork({ algorithm }: Pick<TaskSpec, 'algorithm'>, modelBytes: number): RoundWork {
  return { modelBytes, epochs: typeof algorithm.epochs === 'number' ? algorithm.epochs : 1 };
}
