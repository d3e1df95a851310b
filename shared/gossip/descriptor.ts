/**
 * What peers tell each other of third ones: who there is, and through whom it can be reached. A channel is opened by signals, and
 * signals need somebody who passes them on: so a descriptor carries the way that it came, as in Nylon (Kermarrec, Pace, Quéma,
 * Schiavoni 2009, "NAT-resilient gossip peer sampling"). Each receiver puts the sender before the route that it was given.
 */
import { z } from 'zod';
import { EDGE_ID_PATTERN, type EdgeId } from '../ids.ts';

/** Peers that pass a signal on between its two ends. Every one of them may be gone, so long routes seldom lead anywhere. */
export const LONGEST_ROUTE = 6;
/** Ticks since a peer was last known to live after which nobody speaks of it any more. */
export const OLDEST = 30;

export const PeerId = z.string().regex(EDGE_ID_PATTERN) as unknown as z.ZodType<EdgeId>;
export const Route = z.array(PeerId).max(LONGEST_ROUTE) as z.ZodType<readonly EdgeId[]>;

export const PeerDescriptor = z.strictObject({
  id: PeerId,
  /** Those who pass signals on to it, the nearest first; empty: whoever speaks of it has a channel to it, or is it. */
  route: Route,
  /** Ticks since it was last known to live: what makes descriptors of the dead disappear. */
  age: z.int().min(0).max(OLDEST),
});
export type PeerDescriptor = Readonly<z.output<typeof PeerDescriptor>>;

/**
 * The descriptor as its receiver holds it. Whoever on the way has a channel to the receiver shortens it.
 * @returns null where it is the receiver's own, or its route has become too long
 */
export function asHeldBy(self: EdgeId, { id, route, age }: PeerDescriptor, sender: EdgeId, isNear: (peer: EdgeId) => boolean): PeerDescriptor | null {
  if (id === self) return null;
  if (id === sender) return { id, route: [], age };
  const shorter = shortened(self, id, [sender, ...route], isNear);
  return shorter.length > LONGEST_ROUTE ? null : { id, route: shorter, age };
}

/** The part of a route that is still to go: from the last hop to which there is a channel, without loops. */
export function shortened(self: EdgeId, to: EdgeId, route: readonly EdgeId[], isNear: (peer: EdgeId) => boolean): readonly EdgeId[] {
  const end = route.indexOf(to);
  const hops = end < 0 ? route : route.slice(0, end);
  const rest = hops.slice(hops.lastIndexOf(self) + 1);
  const nearest = rest.findLastIndex(isNear);
  return nearest < 0 ? rest : rest.slice(nearest);
}
