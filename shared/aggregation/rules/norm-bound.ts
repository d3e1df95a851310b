/**
 * Norm bounding (Sun, Kairouz, Suresh, McMahan 2019, "Can You Really Backdoor Federated Learning?"): a report longer than a bound is scaled
 * down to it, and then the mean is taken, weighted by examples. With a norm that is given, reports merge as they arrive.
 */
import { z } from 'zod';
import { lowerMedian, majorityOf, type AggregationRule } from '../rule.ts';

const Settings = z.strictObject({
  rule: z.literal('norm-bound'),
  /** The largest Euclidean norm; `auto`: the median of the reports' own. */
  norm: z.union([z.number().positive(), z.literal('auto')]).default('auto'),
  /** Reports of a round that may be wrong: the round's minimum is checked against it. */
  attackers: z.int().nonnegative().default(0),
});

export const normBound = {
  name: 'norm-bound',
  summary: 'The mean of reports that are scaled down to a largest norm (Sun et al. 2019)',
  settings: Settings,
  needs: ({ norm }) => (norm === 'auto' ? { kind: 'reports' } : { kind: 'sum', largestNorm: norm }),
  bound: ({ attackers }) => majorityOf(attackers),
  pairwise: false,
  remembers: false,
  async combine(vectors, { norm }) {
    const norms = Array.from(await vectors.distancesTo(null), Math.sqrt);
    const bound = norm === 'auto' ? lowerMedian(norms) : norm;
    const weight = vectors.weights.reduce((sum, one) => sum + one, 0);
    return vectors.combine(vectors.weights.map((own, i) => (own / weight) * scaleTo(bound, norms[i])));
  },
} as const satisfies AggregationRule<z.output<typeof Settings>>;

/** What a vector of that norm is multiplied by. */
export const scaleTo = (bound: number, norm: number): number => (norm <= bound ? 1 : bound / norm);
