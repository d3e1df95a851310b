/**
 * What goes wrong in one run, and in which world: plain data, drawn from a seed before the run begins. A run depends on its
 * seed and its schedule alone, so that a schedule can be written down, replayed, and made smaller.
 *
 * Instants count in virtual milliseconds from the start of the run.
 */
import { z } from 'zod';
import { ROUND_POINTS } from '../../server/coordinator/points.ts';
import { MurmurError } from '../../shared/errors.ts';
import { FILE_STEPS } from './simulated-files.ts';

const ms = z.number().nonnegative();
const count = z.int().nonnegative();

const World = z.strictObject({
  /** Edge i holds 1 + (i mod 3) examples of a line. */
  edges: z.int().min(1).max(16),
  goal: z.int().positive(),
  minimum: z.int().positive(),
  overSelection: z.number().min(1).max(10),
  /** Versions after which the task is finished. */
  rounds: z.int().positive(),
  selectionSeconds: z.number().positive(),
  configurationSeconds: z.number().positive(),
  reportingSeconds: z.number().positive(),
  absenceSeconds: z.number().positive(),
  retrySeconds: z.number().positive(),
  comeBackSeconds: z.number().positive(),
  latencyMs: ms,
  /** How long a reply is waited for. */
  replyMs: z.number().positive(),
  /** How long training takes: uniform between them. */
  leastTrainingMs: ms,
  mostTrainingMs: ms,
  /** How long the coordinator's disk takes to sync a file. */
  syncMs: ms,
  /** Longer reports come in chunks of this size; null: the protocol's own. Bytes. */
  chunkBytes: z.int().positive().nullable(),
  /** The edges 0 to n − 1 report through an edge aggregator. */
  aggregated: count,
  /** False: the task forbids that reports touch the disk. */
  journal: z.boolean(),
  /** The edges were enrolled before. */
  enrolled: z.boolean(),
  /** The coordinator's and the edges' timers fire by so much too early. */
  earlyTimersMs: ms,
});
export type World = z.infer<typeof World>;

const edge = count;
const MESSAGE_FATES = ['drop', 'duplicate', 'delay', 'corrupt', 'cut'] as const;

const Fault = z.discriminatedUnion('kind', [
  /** The coordinator dies: the power goes out, or its process is killed; at the instant, or when the `nth` step or point from it on is reached. It is started again after `downMs`. */
  z.strictObject({ kind: z.literal('crash'), power: z.boolean(), atMs: ms, when: z.enum(['instant', 'step', 'point']), point: z.enum(ROUND_POINTS).optional(), nth: z.int().positive().default(1), downMs: ms }),
  /** The coordinator is suspended, another one takes its task over once its lease has run out, and then it goes on. */
  z.strictObject({ kind: z.literal('suspend'), atMs: ms, when: z.enum(['instant', 'step', 'point']), point: z.enum(ROUND_POINTS).optional(), nth: z.int().positive().default(1), forMs: ms }),
  /** A step of the coordinator's disk fails: the `nth` of that kind from the instant on. */
  z.strictObject({ kind: z.literal('disk'), atMs: ms, step: z.enum(FILE_STEPS), nth: z.int().positive().default(1), code: z.enum(['EIO', 'ENOSPC', 'EROFS']) }),
  /** The disk takes only so many more bytes, for a while. */
  z.strictObject({ kind: z.literal('disk-full'), atMs: ms, bytes: count, forMs: ms }),
  /** A transition cannot be stored: the `nth` from the instant on. */
  z.strictObject({ kind: z.literal('store'), atMs: ms, nth: z.int().positive().default(1) }),
  /** The `nth` message of that type and leg of an edge. `cut`: the link breaks with the message half sent. */
  z.strictObject({ kind: z.literal('message'), edge, type: z.string(), leg: z.enum(['request', 'reply']), nth: z.int().positive(), fate: z.enum(MESSAGE_FATES), ms }),
  /** The edge says its `nth` report once more, so much later, over whatever link it then has. */
  z.strictObject({ kind: z.literal('repeat'), edge, nth: z.int().positive(), afterMs: ms }),
  z.strictObject({ kind: z.literal('cut-link'), edge, atMs: ms }),
  /** Nothing of the edge reaches the coordinator. */
  z.strictObject({ kind: z.literal('vanish'), edge, atMs: ms, forMs: ms }),
  /** The edge's process dies and is started again with the same key and the same stored state. */
  z.strictObject({ kind: z.literal('edge-crash'), edge, atMs: ms, downMs: ms }),
  /** Its owner stops the edge, and starts it again later. */
  z.strictObject({ kind: z.literal('leave'), edge, atMs: ms, forMs: ms }),
  /** Its owner stops it in the moment in which its `nth` report arrives, so that it is withdrawn while it is being journaled. */
  z.strictObject({ kind: z.literal('leave-reporting'), edge, nth: z.int().positive(), forMs: ms }),
  /** The edge's `nth` training gives a value that is no number. */
  z.strictObject({ kind: z.literal('nonsense'), edge, nth: z.int().positive(), place: z.enum(['first', 'last']), value: z.enum(['nan', 'infinity']) }),
  /** Somebody who knows the edge's id and not its key tries to speak for it. */
  z.strictObject({ kind: z.literal('impostor'), edge, atMs: ms }),
  /** A clock that is wrong from the start: of an edge, or where none is named of the coordinator. */
  z.strictObject({ kind: z.literal('skew'), edge: edge.nullable(), offsetMs: z.number(), drift: z.number().gt(-1) }),
  /** The coordinator's wall clock is set. */
  z.strictObject({ kind: z.literal('set-clock'), atMs: ms, byMs: z.number() }),
]);
export type Fault = z.infer<typeof Fault>;
export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

const Schedule = z.strictObject({ seed: z.int(), world: World, faults: z.array(Fault).max(10_000) });

export interface FaultSchedule {
  /** Of everything that the schedule does not say: how long each training takes, what a crash leaves, who is drawn. */
  readonly seed: number;
  readonly world: World;
  readonly faults: readonly Fault[];
}

/** @throws bad_config with the path of each wrong field */
export function parseSchedule(value: unknown): FaultSchedule {
  const parsed = Schedule.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  throw new MurmurError('bad_config', `the schedule is wrong: ${problems.map(({ path, message }) => `${path || '(top)'}: ${message}`).join('; ')}`, { details: problems });
}

/** Faults of one kind. */
export function faultsOf<Kind extends Fault['kind']>(faults: readonly Fault[], kind: Kind): FaultOf<Kind>[] {
  return faults.filter((fault): fault is FaultOf<Kind> => fault.kind === kind);
}
