/**
 * Signals between peers that have no channel yet, passed on by those who have. A hop with a channel to the end takes it, else
 * it goes by the route that it was given, else by the one that it knows itself; where nobody knows any further, the one from
 * whom the signal comes is told, so that it does not wait.
 */
import type { EdgeId } from '../../shared/ids.ts';
import { shortened } from '../../shared/gossip/descriptor.ts';
import { LONGEST_PATH, type DialSignal, type MeshMessage, type Routed, type Unroutable } from '../../shared/gossip/mesh-frames.ts';
import type { RandomSource } from '../../shared/random.ts';

export interface SignalRouterOptions {
  readonly self: EdgeId;
  /** Peers with an open channel. */
  readonly isNear: (peer: EdgeId) => boolean;
  readonly near: () => readonly EdgeId[];
  /** Null: unknown. */
  readonly routeTo: (peer: EdgeId) => readonly EdgeId[] | null;
  readonly random: RandomSource;
  readonly send: (to: EdgeId, message: MeshMessage) => void;
  /** A signal for this peer; `back`: the route to whom it comes from. */
  readonly deliver: (from: EdgeId, signal: DialSignal, back: readonly EdgeId[]) => void;
  readonly failed: (target: EdgeId, dial: string) => void;
}

/** A newcomer that is connected to this peer's listener, and has no channel yet. */
type Guest = (from: EdgeId, signal: DialSignal) => void;

export interface SignalRouter {
  /** False: there is nobody to give it to. */
  send(to: EdgeId, signal: DialSignal, route?: readonly EdgeId[]): boolean;
  routed(from: EdgeId, message: Routed): void;
  unroutable(from: EdgeId, message: Unroutable): void;
  /** Signals for it go to `guest`, until the function returned is called. */
  host(peer: EdgeId, guest: Guest): () => void;
  /** Of a guest. False: nobody knows the way. */
  sendFor(guest: EdgeId, to: EdgeId, signal: DialSignal): boolean;
  /** Each neighbour may have so many signals passed on anew. */
  renew(): void;
}

/** Signals that are passed on for one neighbour between two calls of `renew`. */
const MOST_FORWARDED = 1024;

export function createSignalRouter({ self, isNear, near, routeTo, random, send, deliver, failed }: SignalRouterOptions): SignalRouter {
  const guests = new Map<EdgeId, Guest>();
  let forwarded = new Map<EdgeId, number>();

  function nextHop(to: EdgeId, route: readonly EdgeId[], path: readonly EdgeId[]): { readonly hop: EdgeId; readonly route: readonly EdgeId[] } | null {
    if (isNear(to)) return { hop: to, route: [] };
    const canGo = (peer: EdgeId): boolean => isNear(peer) && !path.includes(peer);
    for (const way of [route, routeTo(to) ?? []]) {
      const [hop, ...rest] = shortened(self, to, way, canGo);
      if (hop !== undefined && canGo(hop)) return { hop, route: rest };
    }
    return null;
  }

  function pass(to: EdgeId, route: readonly EdgeId[], path: readonly EdgeId[], signal: DialSignal): boolean {
    const next = path.length > LONGEST_PATH ? null : nextHop(to, route, path);
    if (next === null) return false;
    send(next.hop, { type: 'routed', to, route: [...next.route], path: [...path], signal });
    return true;
  }

  return {
    send(to, signal, route = []) {
      const guest = guests.get(to);
      if (guest !== undefined) {
        guest(self, signal);
        return true;
      }
      if (pass(to, route, [], signal)) return true;
      // A neighbour may know the way: it has other neighbours.
      const around = near();
      if (around.length === 0) return false;
      send(around[random.int(around.length)], { type: 'routed', to, route: [], path: [], signal });
      return true;
    },
    routed(from, { to, route, path, signal }) {
      const gone = [...path, from];
      if (to === self) return deliver(gone[0], signal, gone.slice(1).reverse());
      const count = (forwarded.get(from) ?? 0) + 1;
      forwarded.set(from, count);
      if (count > MOST_FORWARDED) return;
      const guest = guests.get(to);
      if (guest !== undefined) return guest(gone[0], signal);
      if (!pass(to, route, gone, signal)) send(from, { type: 'unroutable', target: to, dial: signal.dial, path: [...path] });
    },
    unroutable(_from, { target, dial, path }) {
      const back = path.at(-1);
      if (back === undefined) return failed(target, dial);
      const guest = guests.get(back);
      if (guest !== undefined) return guest(target, { type: 'refuse', dial, why: 'failed' });
      send(back, { type: 'unroutable', target, dial, path: path.slice(0, -1) });
    },
    host(peer, guest) {
      guests.set(peer, guest);
      return () => {
        if (guests.get(peer) === guest) guests.delete(peer);
      };
    },
    sendFor(guest, to, signal) {
      if (to === self) {
        deliver(guest, signal, []);
        return true;
      }
      const other = guests.get(to);
      if (other !== undefined) {
        other(guest, signal);
        return true;
      }
      return pass(to, [], [guest], signal);
    },
    renew() {
      forwarded = new Map();
    },
  };
}
