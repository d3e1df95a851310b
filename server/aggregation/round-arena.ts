/** Where the reports of a task's rounds come together, whatever its rule. */
import type { Accumulator } from '../../shared/statistics/accumulator.ts';
import type { MergeArena } from '../../shared/statistics/merge-arena.ts';
import type { MergedStatistic } from '../../shared/statistics/statistic.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { JournalSegment } from '../storage/journal.ts';

export interface RoundArena extends MergeArena {
  /** Why sums that an edge aggregator made cannot be taken; null: they can. */
  readonly refusesSums: string | null;
  /** What an accumulator of this arena comes to, by the task's rule. */
  combined(accumulator: Accumulator, round: RoundContext): Promise<Combined>;
}

export interface RoundContext {
  /** Where the round's reports are journaled; null: nowhere. */
  readonly segment: JournalSegment | null;
  /** What `remembered` was for the version before; null: nothing is known of it. */
  readonly last: Float32Array | null;
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>;
}

export interface Combined {
  readonly merged: MergedStatistic;
  /** What the rule is to be given in the next round; null where it remembers nothing. */
  readonly remembered: Float32Array | null;
}

/** What of a task decides how its reports come together. */
export type AggregatedSpec = Pick<TaskSpec, 'aggregation' | 'round' | 'privacy'>;
