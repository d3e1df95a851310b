/** What a round of a task asks of an edge, as far as it bears on the time that it takes. */
import type { RoundWork } from '../../shared/selection/candidate.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';

/** Algorithms say in `epochs` or in `steps` how long edges train; one that says neither goes over the examples once. */
export function roundWork({ algorithm: { epochs, steps, batchSize, seconds } }: Pick<TaskSpec, 'algorithm'>, modelBytes: number): RoundWork {
  const training = typeof steps === 'number' ? { steps } : { epochs: typeof epochs === 'number' ? epochs : 1 };
  return { modelBytes, training, batchSize: typeof batchSize === 'number' ? batchSize : null, mostSeconds: typeof seconds === 'number' ? seconds : null };
}
