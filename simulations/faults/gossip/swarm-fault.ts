/** What can go wrong in a swarm: one fault each, as plain data. Instants count in virtual milliseconds from the start of the run, and peers from 0. */
import { z } from 'zod';

const ms = z.number().nonnegative();
const peer = z.int().nonnegative();

/** Its process is gone without a goodbye, and is started again later with the same key and the model that it had kept; null: never. `told`: the others' wires end, else they fall silent. */
const Vanish = z.strictObject({ kind: z.literal('vanish'), peer, atMs: ms, told: z.boolean(), forMs: ms.nullable() });
/** Its owner stops it in order, and starts it again later; null: never. */
const Leave = z.strictObject({ kind: z.literal('leave'), peer, atMs: ms, forMs: ms.nullable() });
/** It stands still for a while: a laptop that was shut. */
const Suspend = z.strictObject({ kind: z.literal('suspend'), peer, atMs: ms, forMs: ms });
/** The wire between two peers falls silent, in one direction or in both. */
const Stall = z.strictObject({ kind: z.literal('stall'), peer, other: peer, atMs: ms, direction: z.enum(['both', 'to', 'from']) });
/** The wire between two peers breaks: at once, or in the middle of the next message from the one to the other. */
const Break = z.strictObject({ kind: z.literal('break'), peer, other: peer, atMs: ms, midFrame: z.boolean() });
/** What is sent between two peers from now on leaves so much later. */
const Delay = z.strictObject({ kind: z.literal('delay'), peer, other: peer, atMs: ms, ms });
/** The next message from the one to the other is garbled: other bytes, a bit of its head flipped, its end cut off. */
const Garbage = z.strictObject({ kind: z.literal('garbage'), peer, other: peer, atMs: ms, what: z.enum(['noise', 'head', 'short']) });
/** Nothing gets through between those peers and the rest, and, where it is so said, between them and whoever introduces. */
const Partition = z.strictObject({ kind: z.literal('partition'), part: z.array(peer).min(1), atMs: ms, forMs: ms, rendezvous: z.boolean() });
/** A rendezvous is gone, for a while or for good. `told`: links to it end at once, else when their heartbeat is missed. */
const Rendezvous = z.strictObject({ kind: z.literal('rendezvous'), which: z.int().nonnegative(), atMs: ms, told: z.boolean(), forMs: ms.nullable() });
/** A rendezvous takes what comes and answers nothing, for a while or for good. */
const RendezvousHangs = z.strictObject({ kind: z.literal('rendezvous-hangs'), which: z.int().nonnegative(), atMs: ms, forMs: ms.nullable() });
/** The peer's `nth` training gives a value that is no number. */
const Nonsense = z.strictObject({ kind: z.literal('nonsense'), peer, nth: z.int().positive(), place: z.enum(['first', 'last']), value: z.enum(['nan', 'infinity']) });
/** The peer's `nth` training takes so much longer. */
const Hang = z.strictObject({ kind: z.literal('hang'), peer, nth: z.int().positive(), ms });
/** Its clock is wrong from the start. */
const Skew = z.strictObject({ kind: z.literal('skew'), peer, offsetMs: z.number(), drift: z.number().gt(-0.5).lt(0.5) });

export const HABITS = ['mute', 'malformed', 'mesh-nonsense', 'not-finite', 'oversized', 'wrong-layout', 'group-nonsense'] as const;
export type Habit = (typeof HABITS)[number];

/** The peer belongs to the swarm and does not do what peers do: every so often it sends each neighbour something wrong, or nothing at all. */
const Liar = z.strictObject({ kind: z.literal('liar'), peer, habit: z.enum(HABITS), everyMs: z.number().positive() });

export const SwarmFault = z.discriminatedUnion('kind', [Vanish, Leave, Suspend, Stall, Break, Delay, Garbage, Partition, Rendezvous, RendezvousHangs, Nonsense, Hang, Skew, Liar]);
export type SwarmFault = z.infer<typeof SwarmFault>;
export type SwarmFaultOf<Kind extends SwarmFault['kind']> = Extract<SwarmFault, { kind: Kind }>;
