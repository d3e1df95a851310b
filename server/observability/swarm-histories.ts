/** What whoever looks on late is shown of a swarm's past: a point a second at most, and few in all, of each task in gossip mode. In memory alone. */
import type { Clock } from '../../shared/clock.ts';
import type { TaskId } from '../../shared/ids.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import { withMoment, type SwarmHistory } from '../../shared/protocol/swarm-history.ts';

export interface SwarmHistories {
  /** Something of this swarm changed: a point follows within a second. */
  changed(task: TaskId): void;
  /** null: nothing was ever told of it. */
  of(task: TaskId): SwarmHistory | null;
  stop(): void;
}

const INTERVAL_MS = 1000;
/** All of them are sent at once, to everybody who comes. */
const MOST_POINTS = 600;

export function createSwarmHistories(clock: Clock, look: (task: TaskId) => LiveSwarm): SwarmHistories {
  const histories = new Map<TaskId, SwarmHistory>();
  const pending = new Map<TaskId, () => void>();
  return {
    changed(task) {
      if (pending.has(task)) return;
      pending.set(task, clock.after(INTERVAL_MS, () => {
        pending.delete(task);
        histories.set(task, withMoment(histories.get(task) ?? null, look(task), MOST_POINTS));
      }));
    },
    of: (task) => histories.get(task) ?? null,
    stop() {
      for (const cancel of pending.values()) cancel();
      pending.clear();
    },
  };
}
