/** The task of the benchmark: one edge is wanted, and at work for as long as anybody looks; all others are told to come back later. */
import type { TaskSpecInput } from '../../../shared/task/task-spec.ts';
import { benchTask } from '../round/task.ts';

/** So that nobody comes back while idle connections are measured. Seconds; half of it is the shortest wait. */
const COME_BACK_SECONDS = 3600;

export function idleTask(): TaskSpecInput {
  const task = benchTask({ edges: 1, parameters: IDLE_PARAMETERS });
  return { ...task, round: { ...task.round, comeBackSeconds: COME_BACK_SECONDS, reportingSeconds: COME_BACK_SECONDS } };
}

/** Of the task's model: who is idle never downloads it. */
export const IDLE_PARAMETERS = 1000;
