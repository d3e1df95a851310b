/** How many different values there are, of whatever type; `sketches/distinct-sketch.ts` says how. */
import { z } from 'zod';
import { countItems } from '../../../statistics/columns.ts';
import { distinctError, distinctRegisters, estimateDistinct, longestRun } from '../../../statistics/sketches/distinct-sketch.ts';
import { oneField, ONLY } from './measure.ts';

const Setting = z.strictObject({
  /** 2^precision registers: 12 gives a standard error of 1.6 %, in 16 kB. */
  precision: z.int().min(4).max(16).default(12),
});
export type DistinctSetting = z.infer<typeof Setting>;

export interface PublishedDistinct {
  readonly estimate: number;
  /** Standard error, relative. */
  readonly error: number;
}

export const distinct = oneField<DistinctSetting, PublishedDistinct>({
  name: 'distinct',
  setting: Setting,
  serves: 'any',
  field: (_column, { precision }) => ({ monoid: 'max', dtype: 'float32', size: 2 ** precision, range: { atLeast: 0, atMost: longestRun(precision), whole: true } }),
  read: (column, { precision }) => distinctRegisters(column === null ? [] : countItems(column).keys(), precision),
  // Registers can be asked whether they may have seen a value.
  kept: ({ [ONLY]: merged }, { precision }) => ({ [ONLY]: Float64Array.of(estimateDistinct(merged, precision)) }),
  publish: ([estimate], { precision }) => ({ estimate, error: distinctError(precision) }),
});
