/** Data quantity: who holds more examples is wanted more. */
import { z } from 'zod';
import { defineScore, weight } from '../score.ts';

export const quantity = defineScore({
  name: 'quantity',
  settings: z.strictObject({
    name: z.literal('quantity'),
    weight,
    /** More than so many examples win nothing; null: the most that a candidate holds. */
    atMost: z.int().positive().nullable().default(null),
  }),
  readsReports: false,
  rate({ candidates, settings: { atMost } }) {
    const most = atMost ?? candidates.reduce((largest, { examples }) => Math.max(largest, examples), 1);
    return Float64Array.from(candidates, ({ examples }) => Math.min(1, examples / most));
  },
});
