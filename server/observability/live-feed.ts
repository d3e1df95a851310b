/** The coordinator as watchers see it: one small state, rebuilt at most a few times a second while something changes. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/logger.ts';
import { toMurmurError } from '../../shared/errors.ts';
import { asTaskId, type TaskId } from '../../shared/ids.ts';
import type { LiveEdge, LiveRound, LiveState } from '../../shared/protocol/live-view.ts';
import type { LiveSwarmHistory } from '../../shared/protocol/swarm-history.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import type { Presence } from '../coordinator/population.ts';
import type { Swarms } from '../gateway/swarms.ts';
import { liveSwarm } from './live-swarm.ts';
import { createSwarmHistories } from './swarm-histories.ts';

const INTERVAL_MS = 250;
/** Edges that are shown: connected ones first, then the most recently seen. */
const MOST_EDGES = 200;

export interface LiveFeed {
  current(): Promise<LiveState>;
  onState(listener: (state: LiveState) => void): () => void;
  onRounds(listener: (task: string, rounds: readonly LiveRound[]) => void): () => void;
  /** Those of the tasks in gossip mode. */
  currentSwarms(): Promise<readonly LiveSwarm[]>;
  /** What was told of them before, as far as it is kept. */
  swarmHistories(): Promise<readonly LiveSwarmHistory[]>;
  onSwarm(listener: (swarm: LiveSwarm) => void): () => void;
  stop(): void;
}

export function createLiveFeed(coordinator: Coordinator, clock: Clock, logger: Logger, swarms?: Swarms): LiveFeed {
  const onState = new Set<(state: LiveState) => void>();
  const onRounds = new Set<(task: string, rounds: readonly LiveRound[]) => void>();
  const onSwarm = new Set<(swarm: LiveSwarm) => void>();
  let cancel: (() => void) | null = null;
  /** Swarms that changed since they were shown. */
  const changedSwarms = new Set<TaskId>();
  let cancelSwarms: (() => void) | null = null;

  const swarmOf = (task: TaskId): LiveSwarm => liveSwarm(task, swarms?.rendezvous.peersOf(task) ?? [], clock.now());

  const histories = createSwarmHistories(clock, swarmOf);

  async function liveTasks(): Promise<LiveState['tasks']> {
    const tasks = await coordinator.liveTasks();
    return tasks.map((task) => (task.swarm === undefined ? task : { ...task, swarm: { connected: swarms?.rendezvous.peersOf(asTaskId(task.task)).length ?? 0 } }));
  }

  const gossipTasks = async (): Promise<TaskId[]> => (await coordinator.liveTasks()).flatMap(({ task, swarm }) => (swarm === undefined ? [] : [asTaskId(task)]));

  const swarmChanged = (task: TaskId): void => {
    changed();
    histories.changed(task);
    if (onSwarm.size === 0) return;
    changedSwarms.add(task);
    cancelSwarms ??= clock.after(INTERVAL_MS, () => {
      cancelSwarms = null;
      const shown = [...changedSwarms].map(swarmOf);
      changedSwarms.clear();
      for (const swarm of shown) for (const listener of onSwarm) listener(swarm);
    });
  };

  const current = async (): Promise<LiveState> => ({
    now: clock.now(), tasks: await liveTasks(), edges: edgesOf(coordinator), edgesInAll: coordinator.population.size,
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
  const unlistenSwarms = swarms?.listen(swarmChanged);
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
    currentSwarms: async () => (await gossipTasks()).map(swarmOf),
    async swarmHistories() {
      return (await gossipTasks()).flatMap((task) => {
        const history = histories.of(task);
        return history === null ? [] : [{ task, ...history }];
      });
    },
    onSwarm(listener) {
      onSwarm.add(listener);
      return () => onSwarm.delete(listener);
    },
    stop() {
      cancel?.();
      cancel = null;
      cancelSwarms?.();
      cancelSwarms = null;
      unlistenSwarms?.();
      histories.stop();
      onSwarm.clear();
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
