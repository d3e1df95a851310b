/** Quantiles to a relative error that the task states; `sketches/quantile-sketch.ts` says how. */
import { z } from 'zod';
import { eachNumber } from '../../../statistics/columns.ts';
import { bucketIndex, quantileOf, quantileSketchSize } from '../../../statistics/sketches/quantile-sketch.ts';
import { COUNT, oneField, ONLY } from './measure.ts';

/** Values of the largest sketch: half a megabyte. */
const MOST_BUCKETS = 65_536;

const Setting = z
  .strictObject({
    /** Which, 0 to 1. */
    at: z.array(z.number().min(0).max(1)).min(1).max(1001).default([0.05, 0.25, 0.5, 0.75, 0.95]),
    /** Relative error of each. */
    error: z.number().min(0.0005).max(0.2).default(0.01),
    /** Magnitudes up to `least` count as zero, those beyond `most` have no value. */
    least: z.number().positive().default(1e-6),
    most: z.number().positive().max(1e300).default(1e9),
  })
  .refine(({ least, most }) => least < most, { path: ['most'], message: 'it lies above least' })
  .refine((setting) => quantileSketchSize(setting) <= MOST_BUCKETS, { path: ['error'], message: `so small an error over so wide a range needs more than ${MOST_BUCKETS} buckets` });
export type QuantilesSetting = z.infer<typeof Setting>;

export interface PublishedQuantiles {
  readonly values: readonly { readonly at: number; /** null: none, or beyond the setting's `most`. */ readonly value: number | null }[];
  /** Relative. */
  readonly error: number;
  /** How many were too large to have a value. */
  readonly beyond: number;
}

export const quantiles = oneField<QuantilesSetting, PublishedQuantiles>({
  name: 'quantiles',
  setting: Setting,
  serves: 'numeric',
  field: (_column, setting) => ({ monoid: 'sum', dtype: 'float64', size: quantileSketchSize(setting), range: COUNT }),
  read(column, setting) {
    const counts = new Float64Array(quantileSketchSize(setting));
    const indexOf = bucketIndex(setting);
    if (column?.type === 'numeric') eachNumber(column, (value) => counts[indexOf(value)]++);
    return counts;
  },
  // The sketch would tell of every value what its size is, to the error. Of each quantile whether it has a value, and which.
  kept: ({ [ONLY]: merged }, setting) => ({
    [ONLY]: Float64Array.of(merged[0] + merged[merged.length - 1], ...setting.at.flatMap((at) => {
      const value = quantileOf(merged, setting, at);
      return value === null ? [0, 0] : [1, value];
    })),
  }),
  publish: ([beyond, ...found], setting) => ({
    values: setting.at.map((at, i) => ({ at, value: found[2 * i] === 1 ? found[2 * i + 1] : null })),
    error: setting.error,
    beyond,
  }),
});
