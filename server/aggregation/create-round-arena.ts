/** Which arena serves a task, by its rule: what merges does so as it arrives, and a rule that must see all reports has them kept. */
import { aggregationOf, findRule } from '../../shared/aggregation/registry.ts';
import { createMergeArena, type MergeArena } from '../../shared/statistics/merge-arena.ts';
import { scaledDown } from '../../shared/statistics/scale-down.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import { createCollectingArena } from './collecting-arena.ts';
import type { AggregatedSpec, RoundArena } from './round-arena.ts';

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
