/**
 * The coordinate-wise median (Yin, Chen, Ramchandran, Bartlett 2018, "Byzantine-Robust Distributed Learning: Towards Optimal
 * Statistical Rates"): of each value the middle one, of an even number the mean of the two in the middle. Weights play no part.
 */
import { z } from 'zod';
import { majorityOf, type AggregationRule } from '../rule.ts';

const Settings = z.strictObject({
  rule: z.literal('median'),
  /** Reports of a round that may be wrong: the round's minimum is checked against it. */
  attackers: z.int().nonnegative().default(0),
});

export const median = {
  name: 'median',
  summary: 'The middle one of each value (Yin et al. 2018)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  bound: ({ attackers }) => majorityOf(attackers),
  pairwise: false,
  remembers: false,
  combine: (vectors) => vectors.meanOfRanks((vectors.count - 1) >> 1, vectors.count >> 1),
} as const satisfies AggregationRule<z.output<typeof Settings>>;
