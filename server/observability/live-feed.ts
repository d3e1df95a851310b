/** The coordinator as watchers see it: one small state, rebuilt at most a few times a second while something changes. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import { toMurmurError } from '../../shared/errors.ts';
import type { LiveEdge, LiveRound, LiveState } from '../../shared/protocol/live-view.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Presence } from '../coordinator/population.ts';

const INTERVAL_MS = 250;
/** Edges that are shown: connected ones first, then the most recently seen. */
const MOST_EDGES = 200;

export interface LiveFeed {
  current(): Promise<LiveState>;
  onState(listener: (state: LiveState) => void): () => void;
  onRounds(listener: (task: string, rounds: readonly LiveRound[]) => void): () => void;
  stop(): void;
}

export function createLiveFeed(coordinator: Coordinator, clock: Clock, logger: Logger): LiveFeed {
  const onState = new Set<(state: LiveState) => void>();
  const onRounds = new Set<(task: string, rounds: readonly LiveRound[]) => void>();
  let cancel: (() => void) | null = null;

  const current = async (): Promise<LiveState> => ({
    now: clock.now(), tasks: await coordinator.liveTasks(), edges: edgesOf(coordinator), edgesInAll: coordinator.population.size,
  });

  const send = async (): Promise<void> => {
    const state = await current();
    for (const listener of onState) listener(state);
  };

  const changed = (): void => {
    if (cancel || onState.size === 0) return;
    cancel = clock.after(INTERVAL_MS, () => {
      cancel = null;
      send().catch((thrown: unknown) => logger.warn({ err: toMurmurError(thrown) }, 'the live state could not be read'));
    });
  };

  const unlistenPopulation = coordinator.population.listen({ changed, connected: changed, disconnected: changed });
  const unlisten = coordinator.listen({
    changed,
    tasksChanged: changed,
    roundEnded: (task, round) => onRounds.forEach((listener) => listener(task, [round])),
  });

  return {
    current,
    onState(listener) {
      onState.add(listener);
      return () => onState.delete(listener);
    },
    onRounds(listener) {
      onRounds.add(listener);
      return () => onRounds.delete(listener);
    },
    stop() {
      cancel?.();
      cancel = null;
      unlisten();
      unlistenPopulation();
      onState.clear();
      onRounds.clear();
    },
  };
}

function edgesOf({ population, drivers }: Coordinator): LiveEdge[] {
  const running = drivers();
  const shown = [...population.all()].sort((a, b) => Number(b.link !== null) - Number(a.link !== null) || b.lastSeen - a.lastSeen).slice(0, MOST_EDGES);
  return shown.sort((a, b) => a.name.localeCompare(b.name) || a.edge.localeCompare(b.edge)).map((presence) => liveEdge(presence, running.map(({ task }) => task)));
}

function liveEdge(presence: Presence, tasks: readonly string[]): LiveEdge {
  const served = presence.checkIn?.tasks.filter(({ task }) => tasks.includes(task)) ?? [];
  return {
    edge: presence.edge, name: presence.name, connected: presence.link !== null,
    capabilities: presence.checkIn?.capabilities ?? presence.lastCapabilities,
    conditions: presence.checkIn?.conditions ?? null,
    examples: served.length > 0 ? Math.max(...served.map(({ examples }) => examples)) : presence.lastExamples,
    activity: presence.activity, reason: presence.reason, contributions: presence.contributions, lastSeen: presence.lastSeen,
  };
}
