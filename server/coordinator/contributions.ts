/** What can be merged into a round: one edge's report, or an edge aggregator's accumulator; checked whole either way. */
import { examplesOf, trainLossOf } from '../../shared/algorithms/training-fields.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId, Digest } from '../../shared/ids.ts';
import type { Accumulator } from '../../shared/statistics/accumulator.ts';
import { ACCUMULATOR_HEADER_BYTES, decodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import type { MergeArena } from '../../shared/statistics/merge-arena.ts';
import { decodeReport } from '../../shared/statistics/report-frame.ts';
import type { Statistic, StatisticSchema } from '../../shared/statistics/statistic.ts';
import { decodeFrame } from '../../shared/protocol/frame.ts';
import { parseAssignmentId } from './assignment-ids.ts';

export interface CheckedContribution {
  readonly contains: readonly AssignmentId[];
  /** Examples behind it, where its statistic says so; null for an accumulator. */
  readonly examples: number | null;
  /** Mean training loss of one edge, where its statistic tells; null for an accumulator. */
  readonly loss: number | null;
  /** Of one edge, valid until `release`; null for an accumulator. */
  readonly statistic: Statistic | null;
  /** @param factor of the weight; one edge's report alone has another than 1 */
  mergeInto(accumulator: Accumulator, factor?: number): void;
  /** Gives back the memory that was lent for it: call once it is merged, or will not be. */
  release(): void;
}

/** @throws bad_frame, wrong_task, wrong_round, bad_layout, bad_weight, not_finite, norm_too_large */
export function decodeEdgeReport(frame: Uint8Array, expected: AssignmentId, layout: Digest, arena: MergeArena): CheckedContribution {
  const report = decodeReport(frame);
  if (report.assignment !== expected) throw mismatch(report.assignment, expected);
  requireLayout(report.layout, layout);
  const { statistic, release } = arena.admit(report.statistic);
  return {
    contains: [expected],
    examples: examplesOf(statistic),
    loss: trainLossOf(statistic),
    statistic,
    mergeInto: (accumulator, factor = 1) => accumulator.add(factor === 1 ? statistic : { ...statistic, weight: factor * statistic.weight }, expected),
    release,
  };
}

/** @throws bad_frame, bad_layout, bad_weight, not_finite, norm_too_large */
export function decodeAggregate(frame: Uint8Array, layout: Digest, schema: StatisticSchema): CheckedContribution {
  const forwarded = decodeAccumulator(frame, schema);
  requireLayout(forwarded.layout, layout);
  const { accumulator } = forwarded;
  return { contains: accumulator.contains, examples: null, loss: null, statistic: null, mergeInto: (into) => into.merge(accumulator), release: () => accumulator.release() };
}

/** A journaled frame of either kind; it was checked before it was journaled, and is again. */
export function decodeJournaled(payload: Uint8Array, layout: Digest, arena: MergeArena): CheckedContribution {
  if (decodeFrame(payload, { maxHeaderBytes: ACCUMULATOR_HEADER_BYTES }).kind === 'accumulator') return decodeAggregate(payload, layout, arena.schema);
  return decodeEdgeReport(payload, decodeReport(payload).assignment, layout, arena);
}

function requireLayout(reported: Digest, layout: Digest): void {
  if (reported !== layout) throw new MurmurError('bad_layout', `the statistic belongs to a model of layout ${reported.slice(0, 12)}…, the task's is ${layout.slice(0, 12)}…`);
}

function mismatch(found: AssignmentId, expected: AssignmentId): MurmurError {
  const [inFrame, inMessage] = [parseAssignmentId(found), parseAssignmentId(expected)];
  const code = inFrame?.task !== inMessage?.task ? 'wrong_task' : inFrame?.round !== inMessage?.round ? 'wrong_round' : 'unknown_assignment';
  return new MurmurError(code, `the report's frame is for assignment ${found}, the message for ${expected}`);
}
