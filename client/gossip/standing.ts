/** What a peer makes of neighbours that send what cannot be merged. */
import type { EdgeId } from '../../shared/ids.ts';

export interface Standing {
  /** @returns how often this peer has been refused by now */
  strike(peer: EdgeId): number;
  /** What it sent was in order: one strike is forgiven for every so many. */
  behaved(peer: EdgeId): void;
  readonly limit: number;
}

/** Letters in order that make good for one that was not: a flaw of a line is forgiven, a habit is not. */
const FORGIVEN_AFTER = 50;

export function createStanding(limit: number): Standing {
  const strikes = new Map<EdgeId, { count: number; good: number }>();
  return {
    limit,
    strike(peer) {
      const count = (strikes.get(peer)?.count ?? 0) + 1;
      strikes.set(peer, { count, good: 0 });
      return count;
    },
    behaved(peer) {
      if (strikes.size === 0) return;
      const held = strikes.get(peer);
      if (held === undefined || ++held.good < FORGIVEN_AFTER) return;
      held.good = 0;
      if (--held.count <= 0) strikes.delete(peer);
    },
  };
}
