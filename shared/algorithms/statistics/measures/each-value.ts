/** Mean and variance of each of the values that a row has: an image's pixels, one by one. */
import { z } from 'zod';
import type { NumericColumn } from '../../../statistics/columns.ts';
import { momentsOf } from '../../../statistics/monoids/moments.ts';
import { describeMoments } from './moments.ts';
import { oneField } from './measure.ts';

export interface PublishedEachValue {
  /** By place in the row; null where there were no values. */
  readonly means: readonly (number | null)[];
  readonly variances: readonly (number | null)[];
}

export const eachValue = oneField<true, PublishedEachValue>({
  name: 'each',
  setting: z.literal(true),
  serves: 'numeric',
  field: (column) => ({ monoid: 'moments', dtype: 'float64', size: 3 * (column.type === 'numeric' ? column.width : 1) }),
  read(column, _setting, declared) {
    const width = declared.type === 'numeric' ? declared.width : 1;
    const all = new Float64Array(3 * width);
    if (column?.type === 'numeric') for (let place = 0; place < width; place++) all.set(momentsOf((visit) => eachAt(column, place, visit)), 3 * place);
    return all;
  },
  publish(merged) {
    const places = Array.from({ length: merged.length / 3 }, (_, i) => describeMoments(merged[3 * i], merged[3 * i + 1], merged[3 * i + 2]));
    return { means: places.map(({ mean }) => mean), variances: places.map(({ variance }) => variance) };
  },
});

function eachAt({ values, width, scale }: NumericColumn, place: number, visit: (value: number) => void): void {
  for (let i = place; i < values.length; i += width) {
    const value = values[i] * scale;
    if (!Number.isNaN(value)) visit(value);
  }
}
