/** Reports of one vector each, brought together by a rule as a coordinator does it. */
import { createCollectingArena, REPORTS_IN_MEMORY } from '../../server/aggregation/collecting-arena.ts';
import type { AggregatedSpec, Combined, RoundArena } from '../../server/aggregation/round-arena.ts';
import { createRoundArena } from '../../server/aggregation/create-round-arena.ts';
import { AggregationSpec, readsReports } from '../../shared/aggregation/registry.ts';
import type { z } from 'zod';
import { asAssignmentId, type AssignmentId } from '../../shared/ids.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { JournalSegment } from '../../server/storage/journal.ts';

export interface AggregateOptions {
  /** Of each report; 1 unless said. */
  readonly weights?: readonly number[];
  /** In which order they arrive. */
  readonly order?: readonly number[];
  readonly memoryBytes?: number;
  readonly segment?: JournalSegment;
  readonly last?: Float32Array;
}

export const schemaOf = (size: number): StatisticSchema => ({
  fields: [{ name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [size] }, { name: 'trainLoss', monoid: 'weighted-mean', dtype: 'float64', shape: [] }],
  maxWeight: 1e6, maxNorm: null,
});

export const idOf = (n: number): AssignmentId => asAssignmentId(`toy.1.${n}`);

export function arenaOf(aggregation: z.input<typeof AggregationSpec>, reports: number, size: number, memoryBytes = REPORTS_IN_MEMORY): RoundArena {
  const spec = { aggregation: AggregationSpec.parse(aggregation), round: { goal: reports }, privacy: { journal: true } } as AggregatedSpec;
  return readsReports(spec) ? createCollectingArena(spec, schemaOf(size), memoryBytes) : createRoundArena(spec, schemaOf(size));
}

export async function aggregateWhole(aggregation: z.input<typeof AggregationSpec>, rows: readonly Float32Array[], options: AggregateOptions = {}): Promise<Combined> {
  const arena = arenaOf(aggregation, rows.length, rows[0].length, options.memoryBytes);
  const accumulator = arena.accumulator();
  for (const n of options.order ?? rows.keys()) {
    const { statistic, release } = arena.admit({ weight: options.weights?.[n] ?? 1, fields: { delta: rows[n], trainLoss: Float64Array.of(n) } });
    accumulator.add(statistic, idOf(n));
    release();
  }
  const combined = await arena.combined(accumulator, { segment: options.segment ?? null, last: options.last ?? null, pause: () => Promise.resolve() });
  accumulator.release();
  return combined;
}

/** What the vectors come to. */
export async function aggregate(aggregation: z.input<typeof AggregationSpec>, rows: readonly (readonly number[])[], options?: AggregateOptions): Promise<Float32Array> {
  return (await aggregateWhole(aggregation, rows.map((row) => Float32Array.from(row)), options)).merged.fields.delta as Float32Array;
}
