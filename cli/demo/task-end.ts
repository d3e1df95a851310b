/** Waits for the end of a task: its target, its last round, or somebody's stop. */
import type { RunningServer } from '../../server/index.ts';
import { asTaskId } from '../../shared/ids.ts';

export interface TaskEnd {
  readonly reachedTarget: boolean;
  /** As the coordinator says it. */
  readonly reason: string | null;
}

/** Rejects with the signal's reason when that fires first; no listener is left either way. */
export function taskEnded(server: RunningServer, name: string, signal: AbortSignal): Promise<TaskEnd> {
  const { coordinator } = server;
  const id = asTaskId(name);
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      unlisten();
      signal.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      settle();
      reject(signal.reason as Error);
    };
    const look = async (): Promise<void> => {
      const { status, statusReason, spec } = await coordinator.getTask(id);
      if (status !== 'finished') return;
      const task = (await coordinator.liveTasks()).find((candidate) => candidate.task === name);
      settle();
      resolve({ reachedTarget: spec.stop.accuracy === null || (task?.accuracy ?? 0) >= spec.stop.accuracy, reason: statusReason });
    };
    const check = (): void => {
      look().catch((thrown: unknown) => {
        settle();
        reject(thrown);
      });
    };
    const unlisten = coordinator.listen({ tasksChanged: check });
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort, { once: true });
      // It may have ended before anybody listened.
      check();
    }
  });
}
