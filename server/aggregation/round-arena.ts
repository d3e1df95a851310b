/** Where the reports of a task's rounds come together, by its rule: what merges does so as it arrives, and a rule that must see all reports has them kept. */
import { aggregationOf, findRule } from '../../shared/aggregation/registry.ts';
import type { Accumulator } from '../../shared/statistics/accumulator.ts';
import { createMergeArena, type MergeArena } from '../../shared/statistics/merge-arena.ts';
import { scaledDown } from '../../shared/statistics/scale-down.ts';
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
  const needs = findRule(aggregation).needs(aggregation);
  if (needs.kind === 'reports') return createCollectingArena(spec, schema);
  const arena = createMergeArena(schema);
  const combined: RoundArena['combined'] = (accumulator) => Promise.resolve({ merged: accumulator.merged(), remembered: null });
  if (needs.largestNorm === null) return { ...arena, refusesSums: null, combined };
  return { ...scalingArena(arena, needs.largestNorm), refusesSums: null, combined };
}

/** Single reports are scaled down; a sum cannot be, and must be one of reports that were. */
function scalingArena(arena: MergeArena, largestNorm: number): MergeArena {
  return {
    // Of a vector that was scaled down float32 keeps the norm to a part in ten millions.
    schema: { ...arena.schema, maxNorm: Math.min(largestNorm * (1 + 1e-6), arena.schema.maxNorm ?? Infinity) },
    admit(statistic) {
      const admitted = arena.admit(statistic);
      return { ...admitted, statistic: scaledDown(arena.schema, admitted.statistic, largestNorm) };
    },
    accumulator: () => arena.accumulator(),
  };
}
