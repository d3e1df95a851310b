/** Sum, mean, variance and deviation of a numeric column; the mean's standard error comes with them. */
import { z } from 'zod';
import { eachNumber } from '../../../statistics/columns.ts';
import { momentsOf } from '../../../statistics/monoids/moments.ts';
import { oneField } from './measure.ts';

export interface PublishedMoments {
  /** Values behind it. */
  readonly count: number;
  readonly sum: number;
  /** null: there were no values. */
  readonly mean: number | null;
  /** Σ (x − mean)² / n: of the values at hand, which are the whole population. */
  readonly variance: number | null;
  readonly deviation: number | null;
}

export function describeMoments(count: number, mean: number, squares: number): PublishedMoments {
  if (count === 0) return { count: 0, sum: 0, mean: null, variance: null, deviation: null };
  const variance = squares / count;
  return { count, sum: count * mean, mean, variance, deviation: Math.sqrt(variance) };
}

export const momentsMeasure = oneField<true, PublishedMoments>({
  name: 'moments',
  setting: z.literal(true),
  serves: 'numeric',
  field: () => ({ monoid: 'moments', dtype: 'float64', size: 3 }),
  read: (column) => (column?.type === 'numeric' ? momentsOf((visit) => eachNumber(column, visit)) : new Float64Array(3)),
  publish: ([count, mean, squares]) => describeMoments(count, mean, squares),
});
