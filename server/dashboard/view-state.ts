/** What the page knows, as plain data: the live state, the ended rounds by task, and which task is looked at. Pure. */
import type { LiveRound, LiveState, LiveTask } from '../../shared/protocol/live-view.ts';
import type { LiveSwarmHistory, SwarmHistory } from '../../shared/protocol/swarm-history.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import { withHistory, withSwarm, type SwarmState } from '../../shared/protocol/swarm-state.ts';

/** Ended rounds kept for each task; older ones leave the curves. */
export const ROUNDS_KEPT = 5_000;

export interface ViewState {
  readonly live: LiveState | null;
  /** Coordinator's clock minus this device's, in ms: deadlines are counted down on the former. */
  readonly clockOffset: number;
  /** By task, oldest first. */
  readonly rounds: ReadonlyMap<string, readonly LiveRound[]>;
  /** By task in gossip mode. */
  readonly swarms: ReadonlyMap<string, SwarmState>;
  /** By task: what was told of a swarm's past before its present. */
  readonly pasts: ReadonlyMap<string, SwarmHistory>;
  /** The task that the reader chose; null: the page chooses. */
  readonly chosen: string | null;
}

export const EMPTY_VIEW: ViewState = { live: null, clockOffset: 0, rounds: new Map(), swarms: new Map(), pasts: new Map(), chosen: null };

export function withLive(view: ViewState, live: LiveState, deviceNow: number): ViewState {
  return { ...view, live, clockOffset: live.now - deviceNow };
}

/** Rounds come whole after a reconnect and one by one later: one that is there already is replaced. */
export function withRounds(view: ViewState, task: string, arrived: readonly LiveRound[]): ViewState {
  const known = view.rounds.get(task) ?? [];
  const last = known.at(-1);
  const first = arrived[0];
  if (first === undefined) return view;
  let merged: readonly LiveRound[];
  if (last === undefined || first.round > last.round) {
    merged = [...known, ...arrived];
  } else {
    const byRound = new Map([...known, ...arrived].map((round) => [round.round, round]));
    merged = [...byRound.values()].sort((a, b) => a.round - b.round);
  }
  const rounds = new Map(view.rounds);
  rounds.set(task, merged.slice(-ROUNDS_KEPT));
  return { ...view, rounds };
}

export function withLiveSwarm(view: ViewState, live: LiveSwarm): ViewState {
  return { ...view, swarms: new Map(view.swarms).set(live.task, withSwarm(view.swarms.get(live.task) ?? null, live, view.pasts.get(live.task) ?? null)) };
}

export function withSwarmHistory(view: ViewState, { task, since, points }: LiveSwarmHistory): ViewState {
  const past = { since, points };
  const swarm = view.swarms.get(task);
  return { ...view, pasts: new Map(view.pasts).set(task, past), ...(swarm === undefined ? {} : { swarms: new Map(view.swarms).set(task, withHistory(swarm, past)) }) };
}

/** Of a task in gossip mode; before its peers were told of, there are none. */
export function swarmOf(view: ViewState, task: LiveTask): SwarmState {
  return view.swarms.get(task.task) ?? withSwarm(null, { task: task.task, now: view.live?.now ?? 0, peers: [], peersInAll: 0, links: [], consensusDistance: null, measured: 0 });
}

export function withChoice(view: ViewState, chosen: string | null): ViewState {
  return { ...view, chosen };
}

/** The reader's choice while it exists; else a running task, else the one started last. */
export function currentTask(view: ViewState): LiveTask | null {
  const tasks = view.live?.tasks ?? [];
  const chosen = tasks.find(({ task }) => task === view.chosen);
  if (chosen !== undefined) return chosen;
  const byAge = [...tasks].sort((a, b) => b.startedAt - a.startedAt);
  return byAge.find(({ status }) => status === 'running') ?? byAge[0] ?? null;
}

/** As the edge calls itself; empty for one that the live state does not show. */
export function nameOfEdge(view: ViewState, edge: string): string {
  return view.live?.edges.find((one) => one.edge === edge)?.name ?? '';
}

/** The last known value of a metric: an aborted round has none. */
export function lastValue(rounds: readonly LiveRound[], metric: 'accuracy' | 'loss' | 'trainLoss'): number | null {
  for (let i = rounds.length - 1; i >= 0; i--) {
    const value = rounds[i][metric];
    if (value !== null) return value;
  }
  return null;
}
