/**
 * How often an edge reported when it was asked. A prior, worth so many rounds, stands in for what is not known yet: the mean
 * of a Beta distribution. Rounds that released the edge since they needed no more say nothing of it.
 */
import { z } from 'zod';
import { defineScore, weight } from '../score.ts';

export const reliability = defineScore({
  name: 'reliability',
  settings: z.strictObject({
    name: z.literal('reliability'),
    weight,
    /** How often an unknown edge is taken to report … */
    prior: z.number().min(0).max(1).default(0.8),
    /** … and how many rounds that belief is worth. */
    priorRounds: z.number().positive().max(1000).default(5),
  }),
  readsReports: false,
  rate: ({ candidates, settings: { prior, priorRounds }, context: { trackOf } }) =>
    Float64Array.from(candidates, ({ edge }) => {
      const { reported = 0, declined = 0, lost = 0 } = trackOf(edge) ?? {};
      return (reported + prior * priorRounds) / (reported + declined + lost + priorRounds);
    }),
});
