/** How often each of the values occurs that the data contract names: the label distribution, where the column is the label. */
import { z } from 'zod';
import type { DataColumn } from '../../../task/data-columns.ts';
import { COUNT, oneField } from './measure.ts';

export interface PublishedValues {
  /** In the contract's order. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** Values that the contract does not name. */
  readonly other: number;
}

const named = (column: DataColumn): readonly string[] => (column.type === 'categorical' ? (column.values ?? []) : []);

export const values = oneField<true, PublishedValues>({
  name: 'values',
  setting: z.literal(true),
  serves: 'categorical',
  refuses: (column) => (named(column).length === 0 ? `the data contract names no values of ${column.column}; name them, or ask for frequent` : null),
  // The last one counts all others.
  field: (column) => ({ monoid: 'sum', dtype: 'float64', size: named(column).length + 1, range: COUNT }),
  read(column, _setting, declared) {
    const known = named(declared).length;
    const counts = new Float64Array(known + 1);
    if (column?.type === 'categorical') for (const code of column.codes) if (code >= 0) counts[Math.min(code, known)]++;
    return counts;
  },
  publish: (merged, _setting, declared) => ({ values: named(declared).map((value, i) => ({ value, count: merged[i] })), other: merged[merged.length - 1] }),
});
