/** What peers say to each other to keep the mesh together. Everything that can be long is bounded here. */
import { z } from 'zod';
import { parserOf } from '../protocol/as-it-is.ts';
import { PeerDescriptor, PeerId, Route } from './descriptor.ts';

/** Hops that a newcomer's name goes: the paper's active random walk length. */
export const JOIN_HOPS = 6;
/** Where on that way it is remembered: the paper's passive random walk length. */
export const REMEMBERED_AT = 3;
/** Hops of a shuffle. With the way back it is a route for each of what is exchanged, so it is short. */
export const SHUFFLE_HOPS = 3;
/** Descriptors in one shuffle. */
export const MOST_ENTRIES = 16;

const Entries = z.array(PeerDescriptor).max(MOST_ENTRIES) as z.ZodType<readonly PeerDescriptor[]>;

export const MembershipMessage = z.discriminatedUnion('type', [
  /** The sender has no neighbour: take it in, and tell others of it. */
  z.strictObject({ type: z.literal('join') }),
  /** A newcomer's name on its random walk. */
  z.strictObject({ type: z.literal('forward-join'), newcomer: PeerDescriptor, hops: z.int().min(0).max(JOIN_HOPS) }),
  /** Be my neighbour. Urgent: the sender has hardly any other, and whoever is full makes room. */
  z.strictObject({ type: z.literal('neighbour'), urgent: z.boolean() }),
  z.strictObject({ type: z.literal('neighbour-reply'), accepted: z.boolean() }),
  /** The sender is no neighbour any more, but lives. */
  z.strictObject({ type: z.literal('disconnect') }),
  /** The sender takes the receiver for its neighbour: who does not think so says it. So views become symmetric again, whatever happened. */
  z.strictObject({ type: z.literal('keep') }),
  /** A neighbour of the sender's is there no more: it gave no sign of life, or it said goodbye. */
  z.strictObject({ type: z.literal('gone'), peer: PeerId }),
  /** Descriptors on a random walk; `path`: who carried them before the sender, the one who began first. */
  z.strictObject({ type: z.literal('shuffle'), entries: Entries, hops: z.int().min(0).max(SHUFFLE_HOPS), path: Route }),
  /** The answer on its way back; `path`: whom it is still to go through, the one who began first. */
  z.strictObject({ type: z.literal('shuffle-reply'), entries: Entries, path: Route }),
]);
export type MembershipMessage = z.output<typeof MembershipMessage>;
export const membershipParser = parserOf(MembershipMessage);
