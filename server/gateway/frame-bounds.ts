/** The longest frames that each task can have: worked out once a task, so that nobody makes the coordinator reserve more than that. */
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import type { TaskId } from '../../shared/ids.ts';
import { largestAccumulator, largestReport } from '../../shared/statistics/frame-sizes.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';

export interface FrameBound {
  /** Bytes. */
  readonly report: number;
  readonly accumulator: number;
}

export interface FrameBounds {
  /** At once where it was worked out before: every report asks. @throws not_found */
  of(task: TaskId): Promise<FrameBound> | FrameBound;
}

/** Tasks are asked for while they run: this many at once is far more than one process drives. */
const MOST_TASKS = 1000;

export function createFrameBounds(coordinator: Pick<Coordinator, 'getTask' | 'layoutOf'>, mostTasks = MOST_TASKS): FrameBounds {
  /** A task's spec never changes. */
  const known = new Map<TaskId, Promise<FrameBound> | FrameBound>();

  async function workOut(task: TaskId): Promise<FrameBound> {
    const { spec } = await coordinator.getTask(task);
    const schema = statisticSchemaFor(spec, await coordinator.layoutOf(task));
    return { report: largestReport(schema), accumulator: largestAccumulator(schema) };
  }

  return {
    of(task) {
      const found = known.get(task);
      if (found) return found;
      for (const oldest of known.keys()) if (known.size >= mostTasks) known.delete(oldest);
      const bound = workOut(task);
      known.set(task, bound);
      bound.then(
        (found) => known.get(task) === bound && known.set(task, found),
        () => known.delete(task),
      );
      return bound;
    },
  };
}
