/**
 * The coordinate-wise trimmed mean (Yin, Chen, Ramchandran, Bartlett 2018, "Byzantine-Robust Distributed Learning: Towards Optimal
 * Statistical Rates"): of each value the mean without the `attackers` lowest and as many of the highest. Weights play no part.
 */
import { z } from 'zod';
import { majorityOf, type AggregationRule } from '../rule.ts';

const Settings = z.strictObject({
  rule: z.literal('trimmed-mean'),
  /** Reports of a round that may be wrong: so many are left out at either end. */
  attackers: z.int().nonnegative(),
});

export const trimmedMean = {
  name: 'trimmed-mean',
  summary: 'The mean of each value without the lowest and the highest ones (Yin et al. 2018)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  bound: ({ attackers }) => majorityOf(attackers),
  pairwise: false,
  remembers: false,
  combine: (vectors, { attackers }) => vectors.meanOfRanks(attackers, vectors.count - 1 - attackers),
} as const satisfies AggregationRule<z.output<typeof Settings>>;
