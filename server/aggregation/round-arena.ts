/** Where the reports of a task's rounds come together, by its rule: what merges does so as it arrives, and a rule that must see all reports has them kept. */
import { aggregationOf, findRule } from '../../shared/aggregation/registry.ts';
import type { Accumulator } from '../../shared/statistics/accumulator.ts';
import { createMergeArena, type MergeArena } from '../../shared/statistics/merge-arena.ts';
import type { MergedStatistic, StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { JournalSegment } from '../storage/journal.ts';
import { createCollectingArena } from './collecting-arena.ts';

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

/** @throws incompatible where a round's reports fit nowhere (`requireRoom`) */
export function createRoundArena(spec: AggregatedSpec, schema: StatisticSchema): RoundArena {
  const aggregation = aggregationOf(spec);
  if (findRule(aggregation).needs(aggregation).kind === 'reports') return createCollectingArena(spec, schema);
  const arena = createMergeArena(schema);
  return { ...arena, refusesSums: null, combined: (accumulator) => Promise.resolve({ merged: accumulator.merged(), remembered: null }) };
}
