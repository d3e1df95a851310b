/**
 * An edge aggregator's part in one round: reports of edges merge here, and go to the
 * coordinator as one accumulator. Each report is kept until the coordinator has answered,
 * since an accumulator cannot be taken apart: where an edge's report reached the coordinator
 * by another way, too, it is built again without that one.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId, Digest, TaskId } from '../../shared/ids.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { EdgeToCoordinator, ReportOutcome } from '../../shared/protocol/messages.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import { decodeReport } from '../../shared/statistics/report-frame.ts';
import { scaledDown } from '../../shared/statistics/scale-down.ts';
import type { Statistic, StatisticSchema } from '../../shared/statistics/statistic.ts';
import { sendAccumulator, type ChunkSizes } from './upload.ts';

export interface EdgeAggregatorOptions {
  readonly task: TaskId;
  readonly round: number;
  /** Digest of the layout of the task's model. */
  readonly layout: Digest;
  readonly schema: StatisticSchema;
  /** Reports are scaled down to this norm before they merge, where the task's rule asks for it (`largestNormOf`); null: not at all. */
  readonly largestNorm?: number | null;
}

export interface ForwardResult {
  /** `duplicate` also where everything had been counted by another way. */
  readonly outcome: ReportOutcome;
  /** The assignments that were forwarded and answered. */
  readonly contains: readonly AssignmentId[];
  /** Those that the coordinator wanted left out: counted before, or over. */
  readonly leftOut: readonly AssignmentId[];
}

export interface EdgeAggregator {
  /** Takes one edge's report in, whose bytes it then keeps. @throws bad_frame, bad_layout, bad_weight, not_finite, norm_too_large; then nothing has changed */
  add(frame: Uint8Array): 'accepted' | 'duplicate';
  /** Assignments whose reports the coordinator has not answered for. */
  readonly waiting: readonly AssignmentId[];
  /**
   * Forwards what waits. Reports that come meanwhile wait for the next time.
   * @throws the code of a refusal, disconnected, timeout: everything waits on, to be forwarded again; what was left out
   * meanwhile is told by the next call that succeeds, also where nothing else waits any more.
   */
  forward(link: Link<EdgeToCoordinator>, sizes: ChunkSizes): Promise<ForwardResult>;
}

/**
 * The merging half of an edge aggregator: edges below it hand their reports in, it forwards one accumulator. How it
 * speaks to those edges is its owner's; towards the coordinator it needs an open session of the role `aggregator`.
 */
export function createEdgeAggregator({ task, round, layout, schema, largestNorm = null }: EdgeAggregatorOptions): EdgeAggregator {
  const waiting = new Map<AssignmentId, Statistic>();
  const answered = new Set<AssignmentId>();
  /** Not told yet: the link may break between the refusal that named them and the answer for the rest. */
  const leftOut: AssignmentId[] = [];
  let last: Promise<unknown> = Promise.resolve();

  const settle = (assignments: Iterable<AssignmentId>): void => {
    for (const id of assignments) {
      waiting.delete(id);
      answered.add(id);
    }
  };

  async function forwardNow(link: Link<EdgeToCoordinator>, sizes: ChunkSizes): Promise<ForwardResult> {
    const sending = new Map(waiting);
    while (sending.size > 0) {
      const accumulator = createAccumulator(schema);
      for (const [assignment, statistic] of sending) accumulator.add(statistic, assignment);
      try {
        const outcome = await sendAccumulator(link, { task, round }, encodeAccumulator(accumulator, layout), sizes);
        settle(sending.keys());
        return { outcome, contains: [...sending.keys()], leftOut: leftOut.splice(0) };
      } catch (thrown) {
        const unwanted = namedIn(thrown).filter((id) => sending.delete(id));
        if (unwanted.length === 0) throw thrown;
        settle(unwanted);
        leftOut.push(...unwanted);
      }
    }
    return { outcome: 'duplicate', contains: [], leftOut: leftOut.splice(0) };
  }

  return {
    add(frame) {
      const report = decodeReport(frame);
      if (report.layout !== layout) throw new MurmurError('bad_layout', `the report belongs to a model of layout ${report.layout.slice(0, 12)}…, the task's is ${layout.slice(0, 12)}…`);
      checkStatistic(schema, report.statistic);
      if (waiting.has(report.assignment) || answered.has(report.assignment)) return 'duplicate';
      waiting.set(report.assignment, largestNorm === null ? report.statistic : scaledDown(schema, report.statistic, largestNorm));
      return 'accepted';
    },
    get waiting() {
      return [...waiting.keys()];
    },
    forward(link, sizes) {
      // One at a time: what is on its way must not go out twice.
      const result = last.then(() => forwardNow(link, sizes));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

/** The assignments that a refusal says to leave out. */
function namedIn(thrown: unknown): AssignmentId[] {
  if (!(thrown instanceof MurmurError) || (thrown.code !== 'overlapping_assignments' && thrown.code !== 'unknown_assignment')) return [];
  const { details } = thrown;
  if (typeof details !== 'object' || details === null || !('assignments' in details) || !Array.isArray(details.assignments)) return [];
  return details.assignments as AssignmentId[];
}
