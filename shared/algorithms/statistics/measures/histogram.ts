/** How many values fall between given edges. */
import { z } from 'zod';
import { eachNumber } from '../../../statistics/columns.ts';
import { COUNT, oneField } from './measure.ts';

const ascend = (edges: readonly number[]): boolean => edges.every((edge, i) => i === 0 || edge > edges[i - 1]);

/** `bins` of the same width; the last edge is `to` itself. */
const evenEdges = (from: number, to: number, bins: number): readonly number[] => Array.from({ length: bins + 1 }, (_, i) => (i === bins ? to : from + ((to - from) * i) / bins));

const Setting = z.union([
  z.strictObject({
    /** Ascending; bin i holds what is at least edge i and below edge i + 1, the last bin its upper edge as well. */
    edges: z.array(z.number()).min(2).max(4097).refine(ascend, 'edges ascend'),
  }),
  z
    .strictObject({ from: z.number(), to: z.number(), bins: z.int().min(1).max(4096) })
    .refine(({ from, to }) => from < to, { path: ['to'], message: 'it lies above from' })
    .refine(({ from, to, bins }) => from >= to || ascend(evenEdges(from, to, bins)), { path: ['bins'], message: 'so many bins between these two have edges that float64 cannot tell apart; take fewer' }),
]);
export type HistogramSetting = z.infer<typeof Setting>;

export interface PublishedHistogram {
  readonly edges: readonly number[];
  /** One less than there are edges. */
  readonly counts: readonly number[];
  readonly below: number;
  readonly above: number;
}

export function edgesOf(setting: HistogramSetting): readonly number[] {
  return 'edges' in setting ? setting.edges : evenEdges(setting.from, setting.to, setting.bins);
}

export const histogram = oneField<HistogramSetting, PublishedHistogram>({
  name: 'histogram',
  setting: Setting,
  serves: 'numeric',
  // The first counts what lies below, the last what lies above.
  field: (_column, setting) => ({ monoid: 'sum', dtype: 'float64', size: edgesOf(setting).length + 1, range: COUNT }),
  read(column, setting) {
    const edges = Float64Array.from(edgesOf(setting));
    const counts = new Float64Array(edges.length + 1);
    if (column?.type === 'numeric') eachNumber(column, (value) => counts[placeAmong(edges, value)]++);
    return counts;
  },
  publish(merged, setting) {
    const counts = Array.from(merged);
    return { edges: edgesOf(setting), counts: counts.slice(1, -1), below: counts[0], above: counts[counts.length - 1] };
  },
});

/** 0 below the first edge, i + 1 in bin i, edges.length above the last. By bisection. */
function placeAmong(edges: Float64Array, value: number): number {
  const last = edges.length - 1;
  if (value < edges[0]) return 0;
  if (value >= edges[last]) return value === edges[last] ? last : last + 1;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (edges[middle] <= value) low = middle;
    else high = middle;
  }
  return low + 1;
}
