/**
 * Krum (Blanchard, El Mhamdi, Guerraoui, Stainer 2017, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent"): the one
 * report whose n − f − 2 nearest others lie nearest to it. Weights play no part.
 */
import { z } from 'zod';
import type { AggregationRule } from '../rule.ts';
import { createKrumScores, meanOver, neighboursOf } from './krum-scores.ts';

const Settings = z.strictObject({
  rule: z.literal('krum'),
  /** The paper's f: reports of a round that may be wrong. */
  attackers: z.int().nonnegative(),
});

export const krum = {
  name: 'krum',
  summary: 'The report that the others lie nearest to (Blanchard et al. 2017)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  bound: ({ attackers }) => ({ reports: 2 * attackers + 3, formula: '2f + 3' }),
  pairwise: true,
  remembers: false,
  async combine(vectors, { attackers }) {
    const { count } = vectors;
    const [best] = createKrumScores(await vectors.distances(), count).ranked(neighboursOf(count, attackers));
    return vectors.combine(meanOver([best], count));
  },
} as const satisfies AggregationRule<z.output<typeof Settings>>;
