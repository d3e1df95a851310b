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
  /** Those that wait, oldest round first; not more than MOST_AHEAD of them. */
  readonly letters: { readonly round: number; readonly statistic: Statistic }[];
  /** undefined: it has not said so yet. */
  begins: number | null | undefined;
  latest: number;
  missed: number;
  /** The turn that waits, waits for this one: whatever is heard of a sender changes nothing for the others. */
  awaited: boolean;
}

/** A turn that waits. */
interface Wait {
  readonly round: number;
  readonly from: readonly EdgeId[];
  /** How many of those it waits for now. */
  awaited: number;
  end(): void;
}

export function createMailbox(clock: Clock): Mailbox {
  const senders = new Map<EdgeId, Sender>();
  let current = 0;
  let wait: Wait | null = null;
  /** Senders that went while they were waited for. */
  const left = new Set<EdgeId>();
  /** Whom turns hear from, mostly the same: sorted once. */
  let order: { readonly of: readonly EdgeId[]; readonly sorted: readonly EdgeId[] } = { of: [], sorted: [] };
  /** Turns of one peer share a signal: it is listened to once, not anew in each. */
  let heeded: AbortSignal | null = null;
  let abort: () => void = () => undefined;

  const senderOf = (peer: EdgeId): Sender => {
    const known = senders.get(peer);
    if (known !== undefined) return known;
    const sender: Sender = { letters: [], begins: undefined, latest: 0, missed: 0, awaited: false };
    senders.set(peer, sender);
    return sender;
  };

  const heardOf = (sender: Sender, round: number): void => {
    sender.latest = Math.max(sender.latest, round);
  };

  function isAwaited({ begins, latest, missed }: Sender, round: number): boolean {
    if (missed >= MOST_MISSED) return false;
    if (begins === undefined) return true;
    // Peers of a new swarm begin together: in its first round who has not begun is about to.
    if (begins === null) return round === 1 && latest === 0;
    return begins <= round && latest < round;
  }

  /** Something was heard of a sender; it may be waited for no more, or again. */
  function look(peer: EdgeId, sender: Sender): void {
    if (wait === null) return;
    const awaited = isAwaited(sender, wait.round) && (sender.awaited || (wait.from.includes(peer) && !left.has(peer)));
    if (awaited !== sender.awaited) wait.awaited += awaited ? 1 : -1;
    sender.awaited = awaited;
    if (wait.awaited === 0) wait.end();
  }

  function heed(signal: AbortSignal): void {
    if (heeded === signal) return;
    heeded = signal;
    signal.addEventListener('abort', () => {
      if (heeded === signal) abort();
    }, { once: true });
  }

  return {
    get latestRound() {
      const latest: number[] = [];
      for (const sender of senders.values()) if (sender.latest > 0 || sender.begins !== undefined) latest.push(sender.latest);
      return roundToFollow(latest, current);
    },
    put(from, round, statistic) {
      const sender = senderOf(from);
      // Ordered channels: a letter of a later round says that none of an earlier one will come.
      heardOf(sender, round);
      sender.missed = 0;
      if (round >= current) keep(sender.letters, round, statistic);
      look(from, sender);
    },
    begins(from, round) {
      const sender = senderOf(from);
      sender.begins = round;
      if (round !== null) heardOf(sender, round - 1);
      look(from, sender);
    },
    collect(round, from, patienceMs, signal) {
      current = round;
      left.clear();
      return new Promise((resolve, reject) => {
        const settle = (): void => {
          wait = null;
          cancel();
          for (const sender of senders.values()) sender.awaited = false;
        };
        const end = (): void => {
          const received: Received[] = [];
          const missed: EdgeId[] = [];
          if (order.of !== from) order = { of: from, sorted: [...from].sort() };
          for (const peer of order.sorted) {
            const sender = senders.get(peer);
            if (sender === undefined) continue;
            const letter = sender.letters.find((one) => one.round === round);
            if (letter !== undefined) received.push({ from: peer, statistic: letter.statistic });
            if (!sender.awaited) continue;
            missed.push(peer);
            sender.missed++;
          }
          settle();
          for (const { letters } of senders.values()) while (letters.length > 0 && letters[0].round <= round) letters.shift();
          current = round + 1;
          resolve({ received, missed });
        };
        if (signal.aborted) return reject(signal.reason as Error);
        heed(signal);
        abort = () => {
          if (wait === null) return;
          settle();
          reject(signal.reason as Error);
        };
        wait = { round, from, awaited: 0, end };
        for (const peer of from) {
          const sender = senderOf(peer);
          sender.awaited = isAwaited(sender, round);
          if (sender.awaited) wait.awaited++;
        }
        const cancel = clock.after(patienceMs, end);
        if (wait.awaited === 0) end();
      });
    },
    takeAll() {
      const all = [...senders].flatMap(([from, { letters }]) => letters.map(({ round, statistic }) => ({ from, round, statistic })));
      for (const { letters } of senders.values()) letters.length = 0;
      return all.sort((a, b) => a.round - b.round || (a.from < b.from ? -1 : 1)).map(({ from, statistic }) => ({ from, statistic }));
    },
    gone(peer) {
      const wasAwaited = senders.get(peer)?.awaited === true;
      senders.delete(peer);
      left.add(peer);
      if (wait !== null && wasAwaited && --wait.awaited === 0) wait.end();
    },
  };
}

/** Puts a letter in its place by round, where none of that round is there yet. */
function keep(letters: Sender['letters'], round: number, statistic: Statistic): void {
  let at = letters.length;
  while (at > 0 && letters[at - 1].round > round) at--;
  if (at > 0 && letters[at - 1].round === round) return;
  letters.splice(at, 0, { round, statistic });
  // The newest ones: who is that far ahead is not waited for in the older rounds.
  if (letters.length > MOST_AHEAD) letters.shift();
}
