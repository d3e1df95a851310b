/** What one who looks on knows of a swarm, as plain data: the last that was told, what came before, who left, who has just averaged with whom. Pure. */
import type { LivePeer, LiveSwarm } from './live-swarm.ts';
import { joinedHistories, withMoment, type SwarmHistory } from './swarm-history.ts';

export interface Departed {
  readonly peer: LivePeer;
  /** On the coordinator's clock. */
  readonly at: number;
}

export interface SwarmEvent {
  readonly at: number;
  readonly text: string;
}

/** A model went into another peer's. */
export interface Merge {
  readonly from: string;
  readonly to: string;
}

export interface SwarmState {
  readonly live: LiveSwarm;
  readonly history: SwarmHistory;
  /** Those that are still shown. */
  readonly departed: readonly Departed[];
  /** Newest first. */
  readonly events: readonly SwarmEvent[];
  /** New with this state. */
  readonly merges: readonly Merge[];
}

/** How long it is shown where somebody was. */
export const DEPARTED_MS = 10_000;
const EVENTS_KEPT = 30;
/** The pace is taken over so many seconds. */
const PACE_SECONDS = 60;

export const nameOf = ({ name, peer }: Pick<LivePeer, 'name' | 'peer'>): string => (name === '' ? peer : name);

/** @param past what was told of the time before one looked; null: nothing */
export function withSwarm(before: SwarmState | null, live: LiveSwarm, past: SwarmHistory | null = null): SwarmState {
  if (before === null) return { live, history: withMoment(past, live), departed: [], events: [], merges: [] };
  const here = new Set(live.peers.map(({ peer }) => peer));
  const known = new Map(before.live.peers.map((peer) => [peer.peer, peer]));
  const left = before.live.peers.filter(({ peer }) => !here.has(peer));
  const come = live.peers.filter(({ peer }) => !known.has(peer));
  const events: SwarmEvent[] = [
    ...left.map((peer) => ({ at: live.now, text: `${nameOf(peer)} left` })),
    ...come.map((peer) => ({ at: live.now, text: `${nameOf(peer)} joined` })),
  ];
  return {
    live,
    history: withMoment(before.history, live),
    departed: [...before.departed, ...left.map((peer) => ({ peer, at: live.now }))].filter(({ peer, at }) => live.now - at < DEPARTED_MS && !here.has(peer.peer)),
    events: events.length === 0 ? before.events : [...events, ...before.events].slice(0, EVENTS_KEPT),
    merges: live.peers.flatMap((peer) => {
      const round = known.get(peer.peer)?.round;
      return round === undefined || peer.round <= round ? [] : peer.merged.map((from) => ({ from, to: peer.peer }));
    }),
  };
}

/** The coordinator tells of the past once more, after a time in which it was not heard. */
export const withHistory = (before: SwarmState, told: SwarmHistory): SwarmState => ({ ...before, history: joinedHistories(before.history, told), merges: [] });

/** Rounds of an average peer in a minute, by the last minute; null while there is too little to go by. */
export function roundsPerMinute({ points }: SwarmHistory): number | null {
  const last = points.at(-1);
  if (last === undefined) return null;
  const first = points.find(({ at }) => at >= last.at - PACE_SECONDS) ?? last;
  return last.at - first.at < 2 ? null : Math.max(0, (60 * (last.round - first.round)) / (last.at - first.at));
}

/** By peer: those that it is linked to, as far as one of the two says so. */
export function neighboursOf({ links }: LiveSwarm, peer: string): readonly { readonly peer: string; readonly relayed: boolean }[] {
  return links.flatMap(({ a, b, kind }) => (a === peer ? [{ peer: b, relayed: kind === 'relay' }] : b === peer ? [{ peer: a, relayed: kind === 'relay' }] : []));
}

/** What a peer does, in words. */
export function activityOf(swarm: LiveSwarm, { peer, round, toldAt }: LivePeer): string {
  if (toldAt === null) return 'joining';
  if (swarm.peers.length < 2 || neighboursOf(swarm, peer).length === 0) return 'waiting for peers';
  return round === 0 ? 'first round' : 'learning';
}

/** 0 to 1, by the logarithm of the error, so that the last points of an accuracy show as well as the first: 0 %: 0, 90 %: a half, 99 %: 1. */
export function levelOf(accuracy: number): number {
  return Math.min(1, Math.max(0, -Math.log10(Math.max(1e-9, 1 - accuracy)) / 2));
}
