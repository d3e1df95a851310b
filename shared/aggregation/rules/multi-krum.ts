/**
 * Multi-Krum (Blanchard, El Mhamdi, Guerraoui, Stainer 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent"): the
 * mean of the `keep` reports with the lowest Krum scores. Weights play no part.
 */
import { z } from 'zod';
import type { AggregationRule } from '../rule.ts';
import { createKrumScores, meanOver, neighboursOf } from './krum-scores.ts';

const Settings = z.strictObject({
  rule: z.literal('multi-krum'),
  /** The paper's f: reports of a round that may be wrong. */
  attackers: z.int().nonnegative(),
  /** The paper's m: how many are kept; null: n − f − 2, as many as an honest one has near it. */
  keep: z.int().positive().nullable().default(null),
});

export const multiKrum = {
  name: 'multi-krum',
  summary: 'The mean of the reports that the others lie nearest to (Blanchard et al. 2017)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  // No more than n − f − 2 are kept: so many honest ones are sure to lie near an honest one.
  bound: ({ attackers, keep }) => (attackers > 0 && keep !== null && keep > attackers + 1 ? { reports: keep + attackers + 2, formula: 'keep + f + 2' } : { reports: 2 * attackers + 3, formula: '2f + 3' }),
  pairwise: true,
  remembers: false,
  async combine(vectors, { attackers, keep }) {
    const { count } = vectors;
    const neighbours = neighboursOf(count, attackers);
    const best = createKrumScores(await vectors.distances(), count).ranked(neighbours);
    return vectors.combine(meanOver(best.slice(0, Math.min(keep ?? neighbours, count)), count));
  },
} as const satisfies AggregationRule<z.output<typeof Settings>>;
