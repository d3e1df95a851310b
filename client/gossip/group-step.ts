/**
 * One round of one group: attempts at the exact mean of its members, until all that live hold the same.
 *
 * An attempt is named by its members. Each peer's group only ever shrinks: by whom it finds dead or silent, and by whom another
 * member's group lacks; so groups that differ at first (peers know different peers) come to the same, and so do those of
 * which a member dies. A smaller group is a new attempt from the peers' own models: nothing of the old one is kept but the mean,
 * where it was reached. A peer that holds the mean says `done` to all; it takes the mean for its own when all have said so.
 *
 * Why all survivors end alike, as long as nobody who lives is given up: who took the mean of an attempt had `done` from all its
 * members, so each of them holds that mean, and none can reach another one, which needs its pieces: it answers `completed`
 * instead. Whoever tries again without the dead therefore either meets nobody who took it, or hears so, and takes it too.
 * A peer that others gave up by mistake hears `completed` of an attempt whose mean it does not hold, or a group without itself:
 * it leaves them out of its own group, and goes on with its own model where nobody is left.
 */
import type { Clock } from '../../shared/clock.ts';
import { encodeDone, encodeGroup, encodeSlice, encodeWaiting, keyOf, type Attempt } from '../../shared/gossip/group-frames.ts';
import { butterfly } from '../../shared/gossip/group/butterfly.ts';
import type { Reduction } from '../../shared/gossip/group/reduction.ts';
import { ring } from '../../shared/gossip/group/ring.ts';
import type { Piece, PieceLimits } from '../../shared/gossip/group/slices.ts';
import type { GroupPlan } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';

/** What a peer said last of its group, and what it sent behind that. */
export interface Incoming {
  readonly round: number;
  readonly members: readonly EdgeId[];
  readonly key: string;
  /** Pieces that came before one's own turn did. */
  held: (Attempt & Piece)[];
  done: boolean;
}

export interface StepOutcome {
  /** null: its own model. */
  readonly mean: { readonly values: Float32Array; readonly key: string; readonly members: readonly EdgeId[] } | null;
  readonly missed: readonly EdgeId[];
}

export interface GroupStepOptions {
  readonly round: number;
  readonly self: EdgeId;
  /** By growing id, `self` among them. */
  readonly group: readonly EdgeId[];
  readonly own: Float32Array;
  readonly weight: number;
  readonly plan: GroupPlan;
  readonly limits: PieceLimits;
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly incomingOf: (peer: EdgeId) => Incoming | undefined;
  /** In order for each peer; made when its turn comes, unless it is not wanted any more. */
  readonly post: (to: EdgeId, make: () => Uint8Array, wanted: () => boolean) => void;
  /** A piece that had been held breaks the protocol. */
  readonly onRefused: (from: EdgeId, thrown: unknown) => void;
  /** Nothing came of it for too long. */
  readonly onSilent: (peer: EdgeId) => void;
  readonly onEnd: (outcome: StepOutcome) => void;
}

export interface GroupStep {
  readonly round: number;
  start(): void;
  /** What a peer says of its group in this round has changed. */
  heardGroup(from: EdgeId): void;
  /** @throws bad_layout, bad_weight, not_finite, norm_too_large: the sender is left out */
  take(from: EdgeId, piece: Attempt & Piece): void;
  done(from: EdgeId, key: string): void;
  waiting(from: EdgeId, key: string): void;
  completed(from: EdgeId, key: string | null): void;
  /** Nothing comes from there, or gets there, any more. */
  lost(peer: EdgeId): void;
  abandon(): void;
}

/** Halves of patience after which even those are given up that say that they wait: where all wait for each other, somebody must begin. */
const MOST_IDLE = 6;

interface Try {
  readonly key: string;
  readonly members: readonly EdgeId[];
  readonly reduction: Reduction;
  readonly done: Set<EdgeId>;
  /** Those that said that they wait for others, and when: in halves of patience since anything came. */
  readonly waiting: Map<EdgeId, number>;
  abandoned: boolean;
}

export function createGroupStep({ round, self, group, own, weight, plan, limits, patienceMs, clock, incomingOf, post, onRefused, onSilent, onEnd }: GroupStepOptions): GroupStep {
  const create = plan.reduce === 'ring' ? ring : butterfly;
  const lostPeers = new Set<EdgeId>();
  let members = [...group];
  let attempt: Try | null = null;
  let held: StepOutcome['mean'] = null;
  let over = false;
  /** Halves of patience in which nothing came. */
  let idle = 0;
  let cancelTimer = (): void => undefined;

  const always = (): boolean => true;
  const others = (of: readonly EdgeId[]): readonly EdgeId[] => of.filter((peer) => peer !== self);

  /** Leaves out who is lost, whose group one is not in, and whom a member left out. @returns whether anybody was */
  function agree(): boolean {
    const before = members.length;
    for (let length = -1; length !== members.length; ) {
      length = members.length;
      members = members.filter((peer) => !lostPeers.has(peer));
      for (const peer of others(members)) {
        const theirs = incomingOf(peer);
        if (theirs?.round !== round || !members.includes(peer)) continue;
        members = theirs.members.includes(self) ? members.filter((one) => theirs.members.includes(one)) : members.filter((one) => one !== peer);
      }
    }
    return members.length < before;
  }

  function leaveOut(peers: readonly EdgeId[]): void {
    members = members.filter((peer) => !peers.includes(peer));
    begin();
  }

  function begin(): void {
    if (attempt !== null) attempt.abandoned = true;
    agree();
    // Those that were left out, too: they hear that they were.
    const told = members;
    for (const peer of others(group)) if (!lostPeers.has(peer)) post(peer, () => encodeGroup(round, told), always);
    if (members.length === 1) return end(null);
    const now = open(members);
    attempt = now;
    progressed();
    now.reduction.start();
    for (const peer of others(members)) takeHeld(now, peer);
    finishIfReached();
  }

  function open(of: readonly EdgeId[]): Try {
    const key = keyOf(of);
    const reduction = create({
      own, weight, limits, members: of.length, self: of.indexOf(self), pieceValues: plan.pieceValues,
      send(to, piece) {
        const make = once(() => encodeSlice({ round, key }, piece));
        for (const place of to) post(of[place], make, () => !now.abandoned);
      },
    });
    const now: Try = { key, members: of, reduction, done: new Set(), waiting: new Map(), abandoned: false };
    return now;
  }

  function takeHeld(now: Try, peer: EdgeId): void {
    const theirs = incomingOf(peer);
    if (theirs?.round !== round || theirs.key !== now.key) return;
    const pieces = theirs.held;
    theirs.held = [];
    try {
      for (const piece of pieces) now.reduction.take(now.members.indexOf(peer), piece);
      if (theirs.done) now.done.add(peer);
    } catch (thrown) {
      lostPeers.add(peer);
      onRefused(peer, thrown);
    }
  }

  /** After whatever may have brought the attempt on. */
  function finishIfReached(): void {
    if (over || attempt === null) return;
    if (members.some((peer) => lostPeers.has(peer) && attempt?.done.has(peer) !== true)) return begin();
    const { key, reduction, done, members: of } = attempt;
    const now = attempt;
    if (reduction.complete && !done.has(self)) {
      held = { key, values: reduction.result, members: of };
      done.add(self);
      for (const peer of others(of)) post(peer, () => encodeDone({ round, key }), () => !now.abandoned);
    }
    if (done.size === of.length) end(held);
  }

  function end(mean: StepOutcome['mean']): void {
    if (over) return;
    over = true;
    cancelTimer();
    const merged = mean?.members ?? [];
    onEnd({ mean, missed: others(group).filter((peer) => !merged.includes(peer)) });
  }

  function waitsFor({ reduction, members: of, done }: Try): readonly EdgeId[] {
    return reduction.complete ? of.filter((peer) => !done.has(peer)) : reduction.waitsFor().map((place) => of[place]);
  }

  /** Whoever waits says so each half of patience: a member that stopped speaking is known from one that only gets nothing itself. */
  function progressed(): void {
    idle = 0;
    attempt?.waiting.clear();
    cancelTimer();
    const tick = (): void => {
      if (over || attempt === null) return;
      const now = attempt;
      idle++;
      const blamed = idle < 2 ? [] : waitsFor(now).filter((peer) => idle >= MOST_IDLE || (now.waiting.get(peer) ?? -1) < idle - 2);
      if (blamed.length > 0) {
        blamed.forEach(onSilent);
        return leaveOut(blamed);
      }
      for (const peer of others(now.members)) post(peer, () => encodeWaiting({ round, key: now.key }), () => !now.abandoned);
      cancelTimer = clock.after(patienceMs / 2, tick);
    };
    cancelTimer = clock.after(patienceMs / 2, tick);
  }

  const isOfAttempt = (from: EdgeId, key: string): boolean => !over && attempt?.key === key && members.includes(from);

  return {
    round,
    start: begin,
    heardGroup(from) {
      if (over) return;
      if (members.includes(from)) {
        if (agree()) begin();
        return;
      }
      // It counts on somebody who does not count on it.
      const told = members;
      if (incomingOf(from)?.members.includes(self) === true) post(from, () => encodeGroup(round, told), always);
    },
    take(from, piece) {
      if (attempt === null || !isOfAttempt(from, piece.key)) return;
      try {
        if (!attempt.reduction.take(attempt.members.indexOf(from), piece)) return;
      } catch (thrown) {
        lostPeers.add(from);
        leaveOut([from]);
        throw thrown;
      }
      progressed();
      finishIfReached();
    },
    done(from, key) {
      if (attempt === null || !isOfAttempt(from, key) || attempt.done.has(from)) return;
      attempt.done.add(from);
      progressed();
      finishIfReached();
    },
    waiting(from, key) {
      if (isOfAttempt(from, key)) attempt?.waiting.set(from, idle);
    },
    completed(from, key) {
      if (over || !members.includes(from)) return;
      if (held !== null && held.key === key) end(held);
      else leaveOut([from]);
    },
    lost(peer) {
      if (over || lostPeers.has(peer)) return;
      lostPeers.add(peer);
      // All that it had to send had come: the attempt needs it no more.
      if (attempt !== null && members.includes(peer)) finishIfReached();
    },
    abandon() {
      over = true;
      cancelTimer();
      if (attempt !== null) attempt.abandoned = true;
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
