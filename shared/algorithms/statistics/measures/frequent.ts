/**
 * The most frequent values of a column whose values nobody knows beforehand; `sketches/frequent-sketch.ts` says how.
 * A value is told only where enough edges hold it.
 */
import { z } from 'zod';
import { countItems } from '../../../statistics/columns.ts';
import { disguiseProbability, frequentItems, frequentSizes, packItems, sketchItems, unpackItems, type FrequentItem } from '../../../statistics/sketches/frequent-sketch.ts';
import { COUNT, type Measure } from './measure.ts';

/** An item of too few edges must not look like one of enough with a higher probability. */
const MOST_DISGUISED = 0.01;

const Setting = z.strictObject({
  /** How many at most. */
  items: z.int().min(1).max(1000).default(10),
  bytes: z.int().min(4).max(64).default(16),
  width: z.int().min(64).max(65_536).default(4096),
  spelling: z.int().min(8).max(1024).default(64),
});
export type FrequentSetting = z.infer<typeof Setting>;

export interface PublishedFrequent {
  readonly items: readonly FrequentItem[];
  /** A count is too large by more than this share of all values with probability e^−4 at most, and never too small. */
  readonly error: number;
  /** Why no value is told; left out where they are. */
  readonly withheld?: string;
}

export const frequent: Measure<FrequentSetting, PublishedFrequent> = {
  name: 'frequent',
  setting: Setting,
  serves: 'any',
  fields(_column, setting) {
    const sizes = frequentSizes(setting);
    const count = { monoid: 'sum', dtype: 'float64', range: COUNT } as const;
    // No edge counts as more than one.
    return { counts: { ...count, size: sizes.counts }, edges: { ...count, size: sizes.edges, range: { atLeast: 0, atMost: 1, whole: true } }, bits: { ...count, size: sizes.bits } };
  },
  read: (column, setting) => ({ ...sketchItems(column === null ? new Map() : countItems(column), setting) }),
  // Whoever has the sketch can spell and look up what too few edges hold: what is told is kept in its place.
  kept({ counts, edges, bits }, setting, leastEdges) {
    const disguised = leastEdges > 1 && disguiseProbability(edges, setting.width, leastEdges) > MOST_DISGUISED;
    const items = disguised ? [] : frequentItems({ counts, edges, bits }, setting).filter((item) => item.edges >= leastEdges).slice(0, setting.items);
    return { disguised: Float64Array.of(disguised ? 1 : 0), items: packItems(items, setting) };
  },
  publish({ disguised, items }, setting, _declared, leastEdges) {
    const error = Math.E / setting.width;
    if (disguised[0] === 1) return { items: [], error, withheld: `the column has so many different values that one of fewer than ${leastEdges} edges could be taken for one of more; raise width` };
    return { items: unpackItems(items, setting), error };
  },
};
