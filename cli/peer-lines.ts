/** Which of a peer's events are worth a line: programs get all of them, people no more than they can read. */
import type { GossipEvent } from '../client/gossip/events.ts';
import type { MeshEvent } from '../client/gossip/mesh-events.ts';
import type { Clock } from '../shared/clock.ts';

export interface PeerLines {
  isWorthALine(event: GossipEvent | MeshEvent): boolean;
}

/** Rounds of a small model are over in milliseconds: people see one of each second. */
const ROUND_MS = 1000;

export function createPeerLines(clock: Pick<Clock, 'now'>): PeerLines {
  /** Why each introducer that does not answer now did not, when that was last told. */
  const away = new Map<string, string>();
  let shownAt = -Infinity;
  let shownRound = 0;

  return {
    isWorthALine(event) {
      switch (event.type) {
        case 'turn':
          if (clock.now() - shownAt < ROUND_MS) return false;
          shownAt = clock.now();
          shownRound = event.round;
          return true;
        // Beside its round.
        case 'evaluated':
          return event.round === shownRound;
        case 'introduced':
        case 'introducer-lost':
          away.delete(event.introducer);
          return true;
        // It is called again and again: that it does not answer is worth one line.
        case 'introducer-failed':
          if (away.get(event.introducer) === event.error.message) return false;
          away.set(event.introducer, event.error.message);
          return true;
        default:
          return true;
      }
    },
  };
}
