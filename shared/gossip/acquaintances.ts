/**
 * Peers that are no neighbours: those that are thought to live (the passive view), and those that were lost. Lost ones are
 * kept for long and tried again more and more seldom: a network that fell in two finds together by them.
 */
import type { EdgeId } from '../ids.ts';
import type { RandomSource } from '../random.ts';
import { OLDEST, type PeerDescriptor } from './descriptor.ts';

/** Ticks for which a lost peer is tried again. */
const LOST_FOR = 2000;
/** Ticks between two tries of one lost peer, at most. */
const LONGEST_PAUSE = 64;
const MOST_LOST = 64;
/** Ticks for which a peer that said goodbye, or of which others say that it is gone, is not taken for a living one because others still speak of it. */
const LEFT_FOR = 2 * OLDEST;
const MOST_LEFT = 256;
/** Ticks after which a peer that had no room is asked again. */
const FULL_FOR = 8;

interface Known {
  route: readonly EdgeId[];
  /** The tick at which it was last known to live. */
  seen: number;
  notBefore: number;
}

interface Lost {
  readonly route: readonly EdgeId[];
  readonly since: number;
  tries: number;
  next: number;
}

export interface Acquaintances {
  /** Passive ones, thought to live. */
  readonly ids: readonly EdgeId[];
  readonly lost: readonly EdgeId[];
  tick(): void;
  /** Somebody speaks of it, or it was a neighbour. Where all places are taken, one at random is given up. */
  meet(descriptor: PeerDescriptor): void;
  has(peer: EdgeId): boolean;
  /** Where signals to it may go, whether it is thought to live or not; null: nobody knows of it. */
  routeOf(peer: EdgeId): readonly EdgeId[] | null;
  /** It gave no sign of life, or could not be reached. */
  lose(peer: EdgeId, route: readonly EdgeId[]): void;
  /** It has no room: it is left alone for a while. */
  full(peer: EdgeId): void;
  /** It is a neighbour now. */
  forget(peer: EdgeId): void;
  left(peer: EdgeId): void;
  /** Somebody who had a channel to it says that it is gone: so it is, for all that was heard of it until now. */
  gone(peer: EdgeId): void;
  /** One at random that may be asked now. */
  draw(except: (peer: EdgeId) => boolean): EdgeId | null;
  /** A lost one whose time to be tried has come; it is put off until the next one. */
  drawLost(except: (peer: EdgeId) => boolean): EdgeId | null;
  sample(count: number): readonly PeerDescriptor[];
}

export function createAcquaintances(capacity: number, random: RandomSource): Acquaintances {
  const known = new Map<EdgeId, Known>();
  const lost = new Map<EdgeId, Lost>();
  const goneAt = new Map<EdgeId, number>();
  let now = 0;

  const oneOf = (ids: readonly EdgeId[]): EdgeId | null => (ids.length === 0 ? null : ids[random.int(ids.length)]);
  /** Draws are by growing id: not by the order in which names happened to come. */
  const sorted = (ids: Iterable<EdgeId>): EdgeId[] => [...ids].sort();

  function pause(one: Lost): void {
    one.next = now + Math.ceil(Math.min(LONGEST_PAUSE, 2 ** one.tries) * (0.5 + random.next()));
    one.tries++;
  }

  function gone(peer: EdgeId): void {
    known.delete(peer);
    if (goneAt.size >= MOST_LEFT) goneAt.delete([...goneAt.keys()][0]);
    goneAt.set(peer, now);
  }

  return {
    get ids() {
      return sorted(known.keys());
    },
    get lost() {
      return sorted(lost.keys());
    },
    tick() {
      now++;
      for (const [id, { seen }] of known) if (now - seen > OLDEST) known.delete(id);
      for (const [id, { since }] of lost) if (now - since > LOST_FOR) lost.delete(id);
      for (const [id, at] of goneAt) if (now - at > LEFT_FOR) goneAt.delete(id);
    },
    meet({ id, route, age }) {
      const seen = now - age;
      // What is said of a peer that is gone counts only where it was seen since.
      const left = goneAt.get(id);
      if (left !== undefined && seen <= left) return;
      const missed = lost.get(id);
      if (missed !== undefined && seen <= missed.since) return;
      goneAt.delete(id);
      lost.delete(id);
      const held = known.get(id);
      if (held !== undefined) {
        if (seen >= held.seen) Object.assign(held, { route, seen });
        return;
      }
      if (known.size >= capacity) {
        const given = oneOf([...known.keys()]);
        if (given !== null) known.delete(given);
      }
      known.set(id, { route, seen, notBefore: now });
    },
    has: (peer) => known.has(peer),
    routeOf: (peer) => (known.get(peer) ?? lost.get(peer))?.route ?? null,
    lose(peer, route) {
      known.delete(peer);
      const again = lost.get(peer);
      if (again !== undefined) return;
      if (lost.size >= MOST_LOST) {
        const given = oneOf([...lost.keys()]);
        if (given !== null) lost.delete(given);
      }
      const one: Lost = { route, since: now, tries: 0, next: 0 };
      pause(one);
      lost.set(peer, one);
    },
    full(peer) {
      const held = known.get(peer);
      if (held !== undefined) held.notBefore = now + 1 + random.int(FULL_FOR);
    },
    forget(peer) {
      known.delete(peer);
      lost.delete(peer);
      goneAt.delete(peer);
    },
    left(peer) {
      lost.delete(peer);
      gone(peer);
    },
    gone,
    draw: (except) => oneOf(sorted(known.keys()).filter((id) => (known.get(id)?.notBefore ?? 0) <= now && !except(id))),
    drawLost(except) {
      const due = oneOf(sorted(lost.keys()).filter((id) => (lost.get(id)?.next ?? 0) <= now && !except(id)));
      const one = due === null ? undefined : lost.get(due);
      if (one !== undefined) pause(one);
      return due;
    },
    sample(count) {
      const ids = sorted(known.keys());
      const drawn: PeerDescriptor[] = [];
      while (drawn.length < count && ids.length > 0) {
        const [id] = ids.splice(random.int(ids.length), 1);
        const { route, seen } = known.get(id) as Known;
        drawn.push({ id, route, age: now - seen });
      }
      return drawn;
    },
  };
}
