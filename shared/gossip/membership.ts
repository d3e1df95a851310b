/**
 * Who is whose neighbour: HyParView (Leitão, Pereira, Rodrigues 2007), as a machine that is told what happens and says what to
 * do. Each peer keeps a small active view, whose members have a channel and name each other, and a larger passive one, out of
 * which lost neighbours are replaced. Nobody knows all peers, nor needs to.
 *
 * Some things differ from the paper. A peer looks for neighbours until it has `degree`, and takes in some more that ask it: a
 * channel between browsers is dear, so few should be opened to hear a refusal. And descriptors have an age, as Cyclon's
 * (Voulgaris, Gavidia, van Steen 2005): those of the dead disappear though nobody tried to reach them. Sooner still where a
 * neighbour of the dead tells: who had a channel to a peer that is gone says so to its own neighbours, and nobody passes it on.
 */
import type { EdgeId } from '../ids.ts';
import type { RandomSource } from '../random.ts';
import { createAcquaintances } from './acquaintances.ts';
import { asHeldBy, type PeerDescriptor } from './descriptor.ts';
import { JOIN_HOPS, MOST_ENTRIES, REMEMBERED_AT, SHUFFLE_HOPS, type MembershipMessage } from './membership-messages.ts';

export interface MembershipSettings {
  readonly self: EdgeId;
  /** Neighbours that are looked for. */
  readonly degree: number;
  /** Peers of the passive view, at most. */
  readonly passive: number;
}

export type MembershipEvent =
  /** An introducer can pass signals to these. */
  | { readonly type: 'introduced'; readonly peers: readonly EdgeId[] }
  /** The outcome of a `dial`. Full: reached, but it has no room. */
  | { readonly type: 'opened' | 'failed' | 'full'; readonly peer: EdgeId }
  /** Reached, and it wants nothing to do with this peer. */
  | { readonly type: 'unwanted'; readonly peer: EdgeId }
  /** Its channel broke, or it gave no sign of life. */
  | { readonly type: 'died'; readonly peer: EdgeId }
  /** It said goodbye. */
  | { readonly type: 'left'; readonly peer: EdgeId }
  | { readonly type: 'shun'; readonly peer: EdgeId }
  | { readonly type: 'message'; readonly from: EdgeId; readonly message: MembershipMessage }
  | { readonly type: 'tick' };

export type MembershipAction =
  /** Open a channel, unless there is one; urgent: the other side is to make room. */
  | { readonly type: 'dial'; readonly peer: EdgeId; readonly urgent: boolean }
  /** Goes nowhere where there is no channel. */
  | { readonly type: 'send'; readonly to: EdgeId; readonly message: MembershipMessage }
  | { readonly type: 'neighbour'; readonly peer: EdgeId; readonly is: 'there' | 'gone' };

export interface Membership {
  take(event: MembershipEvent): readonly MembershipAction[];
  /** Neighbours, by growing id. */
  readonly active: readonly EdgeId[];
  readonly passive: readonly EdgeId[];
  /** Were neighbours, or could not be reached; tried now and then. */
  readonly lost: readonly EdgeId[];
  /** Whether a channel may be opened to ask this peer for its place as a neighbour. */
  welcomes(peer: EdgeId, urgent: boolean): boolean;
  /** Whether the peer is needed: a neighbour, or one that is being asked. */
  holds(peer: EdgeId): boolean;
  /** Somebody told how it can be reached. */
  met(descriptor: PeerDescriptor): void;
  /** Peers through which signals to it may go; null: unknown. */
  routeTo(peer: EdgeId): readonly EdgeId[] | null;
}

/** Neighbours that a peer with so many looked-for ones has at most. */
export const mostNeighbours = (degree: number): number => degree + Math.ceil(degree / 2);

/** A peer with fewer neighbours asks urgently. */
const FEW = 2;
/** Ticks after which an answer does not come any more. */
const ASKED_FOR = 16;
/** Messages of one neighbour that a peer acts upon between two of its ticks: more come from a liar alone. */
const MOST_A_TICK = 64;
const MOST_LEARNED_A_TICK = 4;
/** Of peers that are gone: a liar could otherwise make a neighbour forget everybody. */
const MOST_GONE_A_TICK = 8;
const MOST_BANNED = 1024;

export function createMembership({ self, degree, passive }: MembershipSettings, random: RandomSource): Membership {
  const most = mostNeighbours(degree);
  const active = new Set<EdgeId>();
  const others = createAcquaintances(passive, random);
  /** Peers that are dialled (`since` null: a dial ends by itself), or were asked at that tick and have not answered. */
  const asked = new Map<EdgeId, { readonly urgent: boolean; readonly since: number | null }>();
  const banned = new Set<EdgeId>();
  let heard = new Map<EdgeId, number>();
  let learned = new Map<EdgeId, number>();
  let mourned = new Map<EdgeId, number>();
  let now = 0;
  let actions: MembershipAction[] = [];

  const send = (to: EdgeId, message: MembershipMessage): void => void actions.push({ type: 'send', to, message });
  const isNear = (peer: EdgeId): boolean => active.has(peer);
  const neighbours = (): EdgeId[] => [...active].sort();

  function oneOf(ids: readonly EdgeId[]): EdgeId | null {
    return ids.length === 0 ? null : ids[random.int(ids.length)];
  }

  function add(peer: EdgeId): void {
    asked.delete(peer);
    if (active.has(peer)) return;
    if (active.size >= most) {
      const given = oneOf(neighbours());
      if (given !== null) {
        send(given, { type: 'disconnect' });
        drop(given);
        others.meet({ id: given, route: [], age: 0 });
      }
    }
    active.add(peer);
    others.forget(peer);
    actions.push({ type: 'neighbour', peer, is: 'there' });
  }

  function drop(peer: EdgeId): boolean {
    if (!active.delete(peer)) return false;
    actions.push({ type: 'neighbour', peer, is: 'gone' });
    return true;
  }

  /** The others hold it for one that lives. */
  function dropGone(peer: EdgeId): boolean {
    if (!drop(peer)) return false;
    for (const other of neighbours()) send(other, { type: 'gone', peer });
    return true;
  }

  /** One's own channel to it knows better. */
  function mourn(peer: EdgeId, from: EdgeId): void {
    const count = (mourned.get(from) ?? 0) + 1;
    mourned.set(from, count);
    if (count <= MOST_GONE_A_TICK && peer !== self && !active.has(peer) && !asked.has(peer)) others.gone(peer);
  }

  function ask(peer: EdgeId, urgent: boolean): void {
    if (peer === self || active.has(peer) || asked.has(peer) || banned.has(peer) || asked.size >= most) return;
    asked.set(peer, { urgent, since: null });
    actions.push({ type: 'dial', peer, urgent });
  }

  /** Asks as many as are missing. */
  function seek(): void {
    const isTaken = (peer: EdgeId): boolean => active.has(peer) || asked.has(peer) || banned.has(peer);
    while (active.size + asked.size < degree) {
      const peer = others.draw(isTaken);
      if (peer === null) return;
      ask(peer, active.size < FEW);
    }
  }

  function lose(peer: EdgeId): void {
    const wasAsked = asked.delete(peer);
    if (dropGone(peer) || wasAsked || others.has(peer)) others.lose(peer, others.routeOf(peer) ?? []);
    seek();
  }

  /** Of oneself, all neighbours, and some passive ones. */
  function entries(): PeerDescriptor[] {
    const near = neighbours().slice(0, MOST_ENTRIES - 1).map((id) => ({ id, route: [], age: 0 }));
    return [{ id: self, route: [], age: 0 }, ...near, ...others.sample(MOST_ENTRIES - 1 - near.length)];
  }

  /** Not too much of one neighbour between two ticks, who could fill the view with names of his own. */
  function learn(descriptors: readonly PeerDescriptor[], from: EdgeId): void {
    const count = (learned.get(from) ?? 0) + 1;
    learned.set(from, count);
    if (count > MOST_LEARNED_A_TICK) return;
    for (const one of descriptors) if (!active.has(one.id) && !banned.has(one.id)) others.meet(one);
    seek();
  }

  const heldHere = (descriptors: readonly PeerDescriptor[], from: EdgeId): PeerDescriptor[] => descriptors.flatMap((one) => asHeldBy(self, one, from, isNear) ?? []);

  function take(from: EdgeId, message: MembershipMessage): void {
    switch (message.type) {
      case 'join': {
        const around = neighbours().filter((peer) => peer !== from);
        add(from);
        send(from, { type: 'neighbour-reply', accepted: true });
        for (const peer of around) if (active.has(peer)) send(peer, { type: 'forward-join', newcomer: { id: from, route: [], age: 0 }, hops: JOIN_HOPS });
        return;
      }
      case 'forward-join':
        return walk(from, message);
      case 'neighbour': {
        const accepted = active.has(from) || message.urgent || active.size < most;
        if (accepted) add(from);
        send(from, { type: 'neighbour-reply', accepted });
        return;
      }
      case 'neighbour-reply':
        return answered(from, message.accepted);
      case 'disconnect':
        if (drop(from)) others.meet({ id: from, route: [], age: 0 });
        // It may still have its reasons: another one first.
        others.full(from);
        return seek();
      case 'keep':
        if (!active.has(from) && !asked.has(from)) send(from, { type: 'disconnect' });
        return;
      case 'gone':
        return mourn(message.peer, from);
      case 'shuffle':
        return shuffled(from, message);
      case 'shuffle-reply': {
        const held = heldHere(message.entries, from);
        const next = message.path.at(-1);
        if (next === undefined) learn(held, from);
        else send(next, { ...message, entries: held, path: message.path.slice(0, -1) });
      }
    }
  }

  function walk(from: EdgeId, { newcomer, hops }: Extract<MembershipMessage, { type: 'forward-join' }>): void {
    const held = asHeldBy(self, newcomer, from, isNear);
    if (held === null || active.has(held.id) || banned.has(held.id)) return;
    const next = hops === 0 ? null : oneOf(neighbours().filter((peer) => peer !== from && peer !== held.id));
    // It is met in any case: the one who asks it must know the way.
    if (next === null || hops === REMEMBERED_AT) others.meet(held);
    if (next === null) ask(held.id, active.size < FEW);
    else send(next, { type: 'forward-join', newcomer: held, hops: hops - 1 });
  }

  function answered(from: EdgeId, accepted: boolean): void {
    const wasAsked = asked.delete(from);
    if (accepted) {
      if (wasAsked) add(from);
      // It came too late, and the other side takes this one for its neighbour.
      else if (!active.has(from)) send(from, { type: 'disconnect' });
      return;
    }
    drop(from);
    others.meet({ id: from, route: [], age: 0 });
    others.full(from);
    seek();
  }

  function shuffled(from: EdgeId, message: Extract<MembershipMessage, { type: 'shuffle' }>): void {
    const held = heldHere(message.entries, from);
    const next = message.hops === 0 ? null : oneOf(neighbours().filter((peer) => peer !== from && !message.path.includes(peer)));
    if (next !== null) return send(next, { type: 'shuffle', entries: held, hops: message.hops - 1, path: [...message.path, from] });
    send(from, { type: 'shuffle-reply', entries: entries(), path: message.path });
    learn(held, from);
  }

  function tick(): void {
    now++;
    others.tick();
    heard = new Map();
    learned = new Map();
    mourned = new Map();
    for (const [peer, { since }] of asked) if (since !== null && now - since > ASKED_FOR) lose(peer);
    for (const peer of active) send(peer, { type: 'keep' });
    const to = oneOf(neighbours());
    if (to !== null) send(to, { type: 'shuffle', entries: entries(), hops: SHUFFLE_HOPS, path: [] });
    // Urgent: two halves of a mesh whose peers all have neighbours enough would never come together otherwise.
    const missed = others.drawLost((peer) => asked.has(peer) || banned.has(peer));
    if (missed !== null) ask(missed, true);
    seek();
  }

  function happened(event: MembershipEvent): void {
    switch (event.type) {
      case 'introduced': {
        const unknown = event.peers.filter((peer) => peer !== self && !active.has(peer) && !others.has(peer) && !banned.has(peer));
        for (const id of unknown) others.meet({ id, route: [], age: 0 });
        // Who is not heard of may be in another part of a mesh that fell apart.
        const one = oneOf(unknown);
        if (one !== null) ask(one, true);
        return seek();
      }
      case 'opened': {
        const question = asked.get(event.peer);
        if (question === undefined) return;
        asked.set(event.peer, { ...question, since: now });
        send(event.peer, active.size === 0 ? { type: 'join' } : { type: 'neighbour', urgent: question.urgent });
        return;
      }
      case 'full':
        if (!asked.delete(event.peer)) return;
        // It lives, also where it had been lost.
        others.meet({ id: event.peer, route: others.routeOf(event.peer) ?? [], age: 0 });
        others.full(event.peer);
        return seek();
      case 'failed':
      case 'died':
        return lose(event.peer);
      case 'left':
        dropGone(event.peer);
        asked.delete(event.peer);
        others.left(event.peer);
        return seek();
      case 'unwanted':
        asked.delete(event.peer);
        others.left(event.peer);
        return seek();
      case 'shun':
        if (banned.size >= MOST_BANNED) banned.delete([...banned][0]);
        banned.add(event.peer);
        drop(event.peer);
        asked.delete(event.peer);
        others.left(event.peer);
        return seek();
      case 'message': {
        const count = (heard.get(event.from) ?? 0) + 1;
        heard.set(event.from, count);
        if (count <= MOST_A_TICK && !banned.has(event.from)) take(event.from, event.message);
        return;
      }
      case 'tick':
        return tick();
    }
  }

  return {
    take(event) {
      actions = [];
      happened(event);
      return actions;
    },
    get active() {
      return neighbours();
    },
    get passive() {
      return others.ids;
    },
    get lost() {
      return others.lost;
    },
    welcomes: (peer, urgent) => !banned.has(peer) && (urgent || active.has(peer) || asked.has(peer) || active.size < most),
    holds: (peer) => active.has(peer) || asked.has(peer),
    met(descriptor) {
      if (descriptor.id !== self && !active.has(descriptor.id) && !banned.has(descriptor.id)) others.meet(descriptor);
    },
    routeTo: (peer) => (active.has(peer) ? [] : others.routeOf(peer)),
  };
}
