/** What can go wrong: one fault each, as plain data. Instants count in virtual milliseconds from the start of the run, and edges from 0. */
import { z } from 'zod';
import { ROUND_POINTS } from '../../server/coordinator/points.ts';
import { FILE_STEPS } from './simulated-files.ts';

const ms = z.number().nonnegative();
const count = z.int().nonnegative();
const edge = count;

export const MESSAGE_FATES = ['drop', 'duplicate', 'delay', 'corrupt', 'cut'] as const;

/** The coordinator dies: the power goes out, or its process is killed; at the instant, or when the `nth` step or point from it on is reached. It is started again after `downMs`. */
const Crash = z.strictObject({ kind: z.literal('crash'), power: z.boolean(), atMs: ms, when: z.enum(['instant', 'step', 'point']).default('instant'), point: z.enum(ROUND_POINTS).optional(), nth: z.int().positive().default(1), downMs: ms });
/** The coordinator is suspended, another one takes its task over once its lease has run out, and then it goes on. */
const Suspend = z.strictObject({ kind: z.literal('suspend'), atMs: ms, when: z.enum(['instant', 'step', 'point']), point: z.enum(ROUND_POINTS).optional(), nth: z.int().positive().default(1), forMs: ms });
/** A step of the coordinator's disk fails: the `nth` of that kind from the instant on. */
const DiskStep = z.strictObject({ kind: z.literal('disk'), atMs: ms, step: z.enum(FILE_STEPS), nth: z.int().positive().default(1), code: z.enum(['EIO', 'ENOSPC', 'EROFS']) });
/** The disk takes only so many more bytes, for a while. */
const DiskFull = z.strictObject({ kind: z.literal('disk-full'), atMs: ms, bytes: count, forMs: ms });
/** A transition cannot be stored: the `nth` from the instant on. */
const StoreStep = z.strictObject({ kind: z.literal('store'), atMs: ms, nth: z.int().positive().default(1) });
/** The `nth` message of that type and leg of an edge. `cut`: the link breaks with the message half sent. `ms`: how late it comes, or the second of two. */
const Message = z.strictObject({ kind: z.literal('message'), edge, type: z.string(), leg: z.enum(['request', 'reply']), nth: z.int().positive(), fate: z.enum(MESSAGE_FATES), ms });
/** The edge says its `nth` report once more, so much later, over whatever link it then has. */
const Repeat = z.strictObject({ kind: z.literal('repeat'), edge, nth: z.int().positive(), afterMs: ms });
const CutLink = z.strictObject({ kind: z.literal('cut-link'), edge, atMs: ms });
/** Nothing of the edge reaches the coordinator. */
const Vanish = z.strictObject({ kind: z.literal('vanish'), edge, atMs: ms, forMs: ms });
/** The edge's process dies and is started again with the same key and the same stored state. */
const EdgeCrash = z.strictObject({ kind: z.literal('edge-crash'), edge, atMs: ms, downMs: ms });
/** Its owner stops the edge, and starts it again later. */
const Leave = z.strictObject({ kind: z.literal('leave'), edge, atMs: ms, forMs: ms });
/** Its owner stops it in the moment in which its `nth` report arrives, so that it is withdrawn while it is being journaled. */
const LeaveReporting = z.strictObject({ kind: z.literal('leave-reporting'), edge, nth: z.int().positive(), forMs: ms });
/** The edge's `nth` training gives a value that is no number. */
const Nonsense = z.strictObject({ kind: z.literal('nonsense'), edge, nth: z.int().positive(), place: z.enum(['first', 'last']), value: z.enum(['nan', 'infinity']) });
/** Somebody who knows the edge's id and not its key tries to speak for it. */
const Impostor = z.strictObject({ kind: z.literal('impostor'), edge, atMs: ms });
/** A clock that is wrong from the start: of an edge, or where none is named of the coordinator. */
const Skew = z.strictObject({ kind: z.literal('skew'), edge: edge.nullable(), offsetMs: z.number(), drift: z.number().gt(-1) });
/** The coordinator's wall clock is set. */
const SetClock = z.strictObject({ kind: z.literal('set-clock'), atMs: ms, byMs: z.number() });

export const Fault = z.discriminatedUnion('kind', [Crash, Suspend, DiskStep, DiskFull, StoreStep, Message, Repeat, CutLink, Vanish, EdgeCrash, Leave, LeaveReporting, Nonsense, Impostor, Skew, SetClock]);
export type Fault = z.infer<typeof Fault>;
export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** Those that a scenario can name one by one; the rest are the fault seeds' own. */
export const ScenarioFault = z.discriminatedUnion('kind', [Crash, DiskStep, DiskFull, Message, CutLink, Vanish, EdgeCrash, Skew, SetClock]);
export type ScenarioFault = z.infer<typeof ScenarioFault>;

/** Faults of one kind. */
export function faultsOf<Of extends { readonly kind: string }, Kind extends Of['kind']>(faults: readonly Of[], kind: Kind): Extract<Of, { kind: Kind }>[] {
  return faults.filter((fault): fault is Extract<Of, { kind: Kind }> => fault.kind === kind);
}
