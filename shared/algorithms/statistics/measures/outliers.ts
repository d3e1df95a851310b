/** How many values lie outside two fences. */
import { z } from 'zod';
import { eachNumber } from '../../../statistics/columns.ts';
import { COUNT, oneField } from './measure.ts';

const Setting = z
  .strictObject({ below: z.number().nullable().default(null), above: z.number().nullable().default(null) })
  .refine(({ below, above }) => below !== null || above !== null, 'one of the two fences is needed')
  .refine(({ below, above }) => below === null || above === null || below < above, { path: ['above'], message: 'it lies above below' });
export type OutliersSetting = z.infer<typeof Setting>;

export interface PublishedOutliers {
  /** The fences; null: there is none on that side. */
  readonly fences: { readonly below: number | null; readonly above: number | null };
  readonly below: number;
  readonly above: number;
}

export const outliers = oneField<OutliersSetting, PublishedOutliers>({
  name: 'outliers',
  setting: Setting,
  serves: 'numeric',
  field: () => ({ monoid: 'sum', dtype: 'float64', size: 2, range: COUNT }),
  read(column, { below, above }) {
    const counts = new Float64Array(2);
    if (column?.type === 'numeric') {
      eachNumber(column, (value) => {
        if (below !== null && value < below) counts[0]++;
        if (above !== null && value > above) counts[1]++;
      });
    }
    return counts;
  },
  publish: (merged, fences) => ({ fences, below: merged[0], above: merged[1] }),
});
