/** Minimum and maximum. Each is one example's value, whoever holds it: a task asks for it by name, and gets it not otherwise. */
import { z } from 'zod';
import { eachNumber } from '../../../statistics/columns.ts';
import { oneField } from './measure.ts';

export interface PublishedRange {
  /** null: there were no values. */
  readonly minimum: number | null;
  readonly maximum: number | null;
}

/** Travels in place of a value where there is none: infinities are refused on arrival. */
const NONE = -Number.MAX_VALUE;

export const range = oneField<true, PublishedRange>({
  name: 'range',
  setting: z.literal(true),
  serves: 'numeric',
  // One field: −minimum merges by the largest, too.
  field: () => ({ monoid: 'max', dtype: 'float64', size: 2 }),
  read(column) {
    let [least, most] = [NONE, NONE];
    if (column?.type === 'numeric') {
      eachNumber(column, (value) => {
        least = Math.max(least, -value);
        most = Math.max(most, value);
      });
    }
    return Float64Array.of(least, most);
  },
  publish: ([least, most]) => ({ minimum: least === NONE ? null : 0 - least, maximum: most === NONE ? null : most }),
});
