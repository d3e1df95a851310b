/** Counts of what is held at a moment: to be the same after many rounds as after few. */
import type { EventEmitter } from 'node:events';
import type { Server, Socket } from 'socket.io';
import type { RunningServer } from '../../server/start-server.ts';

export type Census = Readonly<Record<string, number>>;

/** What keeps this process's event loop alive, by kind: timers, sockets, files. */
export function resourceCensus(): Census {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

export function listenersOf(emitter: Pick<EventEmitter, 'eventNames' | 'listenerCount'>): number {
  return emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0);
}

const total = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((sum, item) => sum + of(item), 0);

/** Acknowledgements that a session waits for; socket.io tells nobody. */
const waitingIn = (session: Socket): number => (session as unknown as { readonly acks: ReadonlyMap<number, unknown> }).acks.size;

/** A coordinator in this process: its sessions with everything that hangs on them, and what it keeps by edge, task and upload. */
export function coordinatorCensus(sockets: Server, { coordinator }: RunningServer): Census {
  const sessions = [...sockets.of('/edge').sockets.values()];
  return {
    ...resourceCensus(),
    sessions: sessions.length,
    sessionListeners: total(sessions, (session) => listenersOf(session) + session.listenersAny().length),
    connectionListeners: total(sessions, ({ conn }) => listenersOf(conn) + listenersOf(conn.transport as unknown as EventEmitter)),
    acknowledgements: total(sessions, waitingIn),
    processListeners: listenersOf(process),
    population: coordinator.population.size,
    drivers: coordinator.drivers().length,
    assignments: total(coordinator.drivers(), (driver) => driver.state().assignments.length),
  };
}

/** Kind by kind the median: what comes and goes within milliseconds (a check-in under way) is in few of the samples. */
export function medianCensus(samples: readonly Census[]): Census {
  const kinds = new Set(samples.flatMap((sample) => Object.keys(sample)));
  return Object.fromEntries([...kinds].sort().flatMap((kind) => {
    const counts = samples.map((sample) => sample[kind] ?? 0).sort((a, b) => a - b);
    const median = counts[counts.length >> 1];
    return median === 0 ? [] : [[kind, median]];
  }));
}
