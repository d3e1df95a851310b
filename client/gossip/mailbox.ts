/**
 * Letters that wait for their round. A turn ends its wait when everyone has written, or has gone, or goes by a later round
 * already, or its patience ends: nobody who is silent can hold a peer up for longer, nor again and again.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Received } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { Statistic } from '../../shared/statistics/statistic.ts';
import { roundToFollow } from './common-round.ts';

/** Rounds that a neighbour may be ahead of its letters' reader: whoever is further ahead has left the reader behind. */
const MOST_AHEAD = 4;
/** Turns in a row in which a neighbour was waited for in vain, after which it is waited for no more until it writes. */
const MOST_MISSED = 3;

export interface Collected {
  /** In the order of their senders' ids. */
  readonly received: readonly Received[];
  readonly missed: readonly EdgeId[];
}

export interface Mailbox {
  /** The first letter of a sender and round counts; what is too old or too far ahead is dropped. */
  put(from: EdgeId, round: number, statistic: Statistic): void;
  /** The sender writes from this round on; null: not yet, or not any more. */
  begins(from: EdgeId, round: number | null): void;
  /** Waits for the letters of a round, and for neighbours of which nothing is known yet to say whether they write. */
  collect(round: number, from: readonly EdgeId[], patienceMs: number, signal: AbortSignal): Promise<Collected>;
  /** Whatever has come from anyone, whichever its round: oldest first. */
  takeAll(): readonly Received[];
  gone(peer: EdgeId): void;
  /** The round that most of those who were heard of have reached; 0: none. */
  readonly latestRound: number;
}

interface Sender {
  /** By round; not more than MOST_AHEAD of them. */
  readonly letters: Map<number, Statistic>;
  /** undefined: it has not said so yet. */
  begins: number | null | undefined;
  latest: number;
  missed: number;
}

export function createMailbox(clock: Clock): Mailbox {
  const senders = new Map<EdgeId, Sender>();
  let current = 0;
  /** Senders that went while they were waited for. */
  let left = new Set<EdgeId>();
  let look: (() => void) | null = null;

  const senderOf = (peer: EdgeId): Sender => {
    const known = senders.get(peer);
    if (known !== undefined) return known;
    const sender: Sender = { letters: new Map(), begins: undefined, latest: 0, missed: 0 };
    senders.set(peer, sender);
    return sender;
  };

  const heardOf = (sender: Sender, round: number): void => {
    sender.latest = Math.max(sender.latest, round);
  };

  return {
    get latestRound() {
      return roundToFollow([...senders.values()].flatMap(({ latest, begins }) => (latest > 0 || begins !== undefined ? [latest] : [])), current);
    },
    put(from, round, statistic) {
      const sender = senderOf(from);
      // Ordered channels: a letter of a later round says that none of an earlier one will come.
      heardOf(sender, round);
      sender.missed = 0;
      if (round >= current && !sender.letters.has(round)) {
        sender.letters.set(round, statistic);
        // The newest ones: who is that far ahead is not waited for in the older rounds.
        if (sender.letters.size > MOST_AHEAD) sender.letters.delete(Math.min(...sender.letters.keys()));
      }
      look?.();
    },
    begins(from, round) {
      const sender = senderOf(from);
      sender.begins = round;
      if (round !== null) heardOf(sender, round - 1);
      look?.();
    },
    collect(round, from, patienceMs, signal) {
      current = round;
      left = new Set();
      const waiting = (peer: EdgeId): boolean => {
        if (left.has(peer)) return false;
        const sender = senderOf(peer);
        if (sender.missed >= MOST_MISSED) return false;
        if (sender.begins === undefined) return true;
        // Peers of a new swarm begin together: in its first round who has not begun is about to.
        if (sender.begins === null) return round === 1 && sender.latest === 0;
        return sender.begins <= round && sender.latest < round;
      };
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          settle();
          reject(signal.reason as Error);
        };
        const settle = (): void => {
          look = null;
          cancel();
          signal.removeEventListener('abort', onAbort);
        };
        const end = (): void => {
          settle();
          const sorted = [...from].sort();
          const received = sorted.flatMap((peer): Received[] => {
            const statistic = senders.get(peer)?.letters.get(round);
            return statistic === undefined ? [] : [{ from: peer, statistic }];
          });
          const missed = sorted.filter(waiting);
          for (const peer of missed) senderOf(peer).missed++;
          for (const sender of senders.values()) for (const old of sender.letters.keys()) if (old <= round) sender.letters.delete(old);
          current = round + 1;
          resolve({ received, missed });
        };
        let cancel = (): void => undefined;
        if (signal.aborted) return reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
        look = () => {
          if (!from.some(waiting)) end();
        };
        cancel = clock.after(patienceMs, end);
        look();
      });
    },
    takeAll() {
      const all = [...senders].flatMap(([from, { letters }]) => [...letters].map(([round, statistic]) => ({ from, round, statistic })));
      for (const { letters } of senders.values()) letters.clear();
      return all.sort((a, b) => a.round - b.round || (a.from < b.from ? -1 : 1)).map(({ from, statistic }) => ({ from, statistic }));
    },
    gone(peer) {
      senders.delete(peer);
      left.add(peer);
      look?.();
    },
  };
}
