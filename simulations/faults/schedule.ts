/**
 * What goes wrong in one run, and in which world: plain data, drawn from a seed before the run begins. A run depends on its
 * seed and its schedule alone, so that a schedule can be written down, replayed, and made smaller.
 *
 * Instants count in virtual milliseconds from the start of the run.
 */
import { z } from 'zod';
import { AggregationSpec } from '../../shared/aggregation/registry.ts';
import { MurmurError } from '../../shared/errors.ts';
import { Fault } from './fault.ts';

const ms = z.number().nonnegative();
const count = z.int().nonnegative();

/** A task without a barrier: how many edges work at once, the power by which stale reports are damped (0: they are not), and the versions that they may be behind. */
const Buffered = z.strictObject({ concurrency: z.int().positive(), exponent: z.number().nonnegative(), mostStaleness: z.int().nonnegative() });

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
  /** How the reports of a round become one; the mean where an aggregator has summed some of them up, or a round may have too few. */
  aggregation: AggregationSpec.default({ rule: 'mean' }),
  /** Nobody waits for anybody; null, or where there is an aggregator: rounds as usual. */
  buffered: Buffered.nullable().default(null),
});
export type World = z.infer<typeof World>;

const Schedule = z.strictObject({ seed: z.int(), world: World, faults: z.array(Fault).max(10_000) });

export interface FaultSchedule {
  /** Of everything that the schedule does not say: how long each training takes, what a crash leaves, who is drawn. */
  readonly seed: number;
  readonly world: World;
  readonly faults: readonly Fault[];
}

/** @throws bad_config with the path of each wrong field */
export const parseSchedule = (value: unknown): FaultSchedule => parseBy(Schedule, value);

/** @throws bad_config with the path of each wrong field */
export function parseBy<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  throw new MurmurError('bad_config', `the schedule is wrong: ${problems.map(({ path, message }) => `${path || '(top)'}: ${message}`).join('; ')}`, { details: problems });
}
