/**
 * Peers that want nothing to do with this one, and said so when they were called: they are left alone for longer and longer. A
 * peer that is shunned hears of whoever shuns it from others all the time, and would call it again each time.
 */
import type { Clock } from '../../shared/clock.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { unwantedBy } from './dialler.ts';

export interface Reluctance {
  /** It said no. */
  refused(peer: EdgeId): void;
  /** There is a channel to it: it has thought better of it, or has been started anew. */
  met(peer: EdgeId): void;
  /** Whether it may be called: it never said no, or long ago. */
  isWilling(peer: EdgeId): boolean;
  /** @throws unavailable: it said no not long ago */
  requireWilling(peer: EdgeId): void;
}

/** Ticks for which it is left alone: at first, and at most; twice as many each time. */
const FIRST_TICKS = 8;
const MOST_TICKS = 1024;
const MOST_KNOWN = 1024;

/** @param tickMs between two ticks of membership, in milliseconds of the clock */
export function createReluctance(clock: Clock, tickMs: number): Reluctance {
  /** The one that refused longest ago first. */
  const known = new Map<EdgeId, { readonly ticks: number; readonly until: number }>();
  const isWilling = (peer: EdgeId): boolean => known.size === 0 || (known.get(peer)?.until ?? -Infinity) <= clock.now();

  return {
    isWilling,
    refused(peer) {
      const before = known.get(peer);
      const ticks = before === undefined ? FIRST_TICKS : Math.min(MOST_TICKS, 2 * before.ticks);
      known.delete(peer);
      if (known.size >= MOST_KNOWN) known.delete([...known.keys()][0]);
      known.set(peer, { ticks, until: clock.now() + ticks * tickMs });
    },
    met: (peer) => void known.delete(peer),
    requireWilling(peer) {
      if (!isWilling(peer)) throw unwantedBy(peer);
    },
  };
}
