/** The tasks that this edge cannot serve: why, and when it is worth while to try again. */
import type { Clock } from '../../shared/clock.ts';
import type { TaskId } from '../../shared/ids.ts';

/** An owner who mends his file need not start his edge anew. */
const RETRY_MS = 60_000;

export interface UnservedTasks {
  /** A spec does not change: one that cannot be read is not asked for again. True where this is news for the owner. */
  refuse(task: TaskId, reason: string): boolean;
  /** Its data could not be loaded: it may be mended. True where this is news for the owner. */
  postpone(task: TaskId, reason: string): boolean;
  served(task: TaskId): void;
  /** False: nothing can have changed yet. */
  worthTrying(task: TaskId): boolean;
  has(task: TaskId): boolean;
  /** The coordinator's tasks changed: what was postponed is tried at once. */
  tasksChanged(): void;
}

export function createUnservedTasks(clock: Pick<Clock, 'now'>): UnservedTasks {
  const unserved = new Map<TaskId, { readonly reason: string; readonly againAt: number }>();
  const note = (task: TaskId, reason: string, againAt: number): boolean => {
    const news = unserved.get(task)?.reason !== reason;
    unserved.set(task, { reason, againAt });
    return news;
  };
  return {
    refuse: (task, reason) => note(task, reason, Infinity),
    postpone: (task, reason) => note(task, reason, clock.now() + RETRY_MS),
    served: (task) => void unserved.delete(task),
    worthTrying: (task) => clock.now() >= (unserved.get(task)?.againAt ?? 0),
    has: (task) => unserved.has(task),
    tasksChanged() {
      for (const [task, { reason, againAt }] of unserved) if (againAt !== Infinity) unserved.set(task, { reason, againAt: clock.now() });
    },
  };
}
