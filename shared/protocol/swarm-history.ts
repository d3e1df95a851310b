/** How a swarm came to what it is, as plain data: few points, each of what changed. Kept where it is told of, and where it is looked at. Pure. */
import type { LivePeer, LiveSwarm } from './live-swarm.ts';

export interface SwarmPoint {
  /** Seconds since one first heard of the swarm. */
  readonly at: number;
  /** Mean over the peers. */
  readonly round: number;
  /** Over the peers that have evaluated, each on its own held-out examples. */
  readonly accuracy: number | null;
  readonly worst: number | null;
  readonly distance: number | null;
}

export interface SwarmHistory {
  /** When one first heard of the swarm, on the coordinator's clock. */
  readonly since: number;
  /** Oldest first. */
  readonly points: readonly SwarmPoint[];
}

/** How a swarm came there, as far as the coordinator has heard of it since it was started. */
export interface LiveSwarmHistory extends SwarmHistory {
  readonly task: string;
}

export const HISTORY_KEPT = 2_000;

const meanOf = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

export function accuraciesOf({ peers }: LiveSwarm): { readonly mean: number | null; readonly worst: LivePeer | null; readonly evaluated: number } {
  const evaluated = peers.filter(({ accuracy }) => accuracy !== null);
  const worst = evaluated.reduce<LivePeer | null>((lowest, one) => (lowest === null || (one.accuracy ?? 1) < (lowest.accuracy ?? 1) ? one : lowest), null);
  return { mean: meanOf(evaluated.map(({ accuracy }) => accuracy ?? 0)), worst, evaluated: evaluated.length };
}

function pointOf(live: LiveSwarm, since: number): SwarmPoint {
  const { mean, worst } = accuraciesOf(live);
  return { at: Math.max(0, (live.now - since) / 1000), round: meanOf(live.peers.map(({ round }) => round)) ?? 0, accuracy: mean, worst: worst?.accuracy ?? null, distance: live.consensusDistance };
}

/** With what is told now, where that is something new. A long history keeps its shape at half the points. */
export function withMoment(before: SwarmHistory | null, live: LiveSwarm, most = HISTORY_KEPT): SwarmHistory {
  const { since, points } = before ?? { since: live.now, points: [] };
  const point = pointOf(live, since);
  const last = points.at(-1);
  const told = point.accuracy !== null || point.distance !== null || point.round > 0;
  if (!told || (last !== undefined && last.round === point.round && last.accuracy === point.accuracy && last.worst === point.worst && last.distance === point.distance)) return before ?? { since, points };
  // The coordinator's clock may have been set back.
  const next = [...points, { ...point, at: Math.max(point.at, last?.at ?? 0) }];
  return { since, points: next.length <= most ? next : next.filter((_, i) => i % 2 === 0 || i === next.length - 1) };
}

/**
 * What one saw oneself, and what one was told: whichever began earlier, with what the other has beyond its end. A coordinator
 * that was started anew has forgotten what a page still knows; a page that was away has missed what the coordinator saw.
 */
export function joinedHistories(own: SwarmHistory | null, told: SwarmHistory): SwarmHistory {
  if (own === null) return told;
  const [first, second] = own.since < told.since ? [own, told] : [told, own];
  const apart = (second.since - first.since) / 1000;
  const end = first.points.at(-1)?.at ?? -1;
  const beyond = second.points.map((point) => ({ ...point, at: point.at + apart })).filter(({ at }) => at > end);
  return { since: first.since, points: [...first.points, ...beyond].slice(-HISTORY_KEPT) };
}
