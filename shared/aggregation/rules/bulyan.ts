/**
 * Bulyan (El Mhamdi, Guerraoui, Rouault 2018, "The Hidden Vulnerability of Distributed Learning in Byzantium"): Krum chooses n − 2f reports,
 * one after the other among those that are left; then of each value the mean of the n − 4f that lie nearest to the median of the chosen.
 * An attacker that hides one far value among many near ones passes Krum, and not the second step. Weights play no part.
 */
import { z } from 'zod';
import type { AggregationRule } from '../rule.ts';
import { createKrumScores, neighboursOf } from './krum-scores.ts';

const Settings = z.strictObject({
  rule: z.literal('bulyan'),
  /** The paper's f: reports of a round that may be wrong. */
  attackers: z.int().nonnegative(),
});

export const bulyan = {
  name: 'bulyan',
  summary: 'Krum chooses, and of each value those nearest to the median of the chosen are averaged (El Mhamdi et al. 2018)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  bound: ({ attackers }) => ({ reports: 4 * attackers + 3, formula: '4f + 3' }),
  pairwise: true,
  remembers: false,
  async combine(vectors, { attackers }) {
    const { count } = vectors;
    const krum = createKrumScores(await vectors.distances(), count);
    const chosen: number[] = [];
    while (chosen.length < count - 2 * attackers) {
      const [best] = krum.ranked(neighboursOf(krum.left.length, attackers));
      chosen.push(best);
      krum.leaveOut(best);
    }
    return vectors.meanNearMedian(chosen.sort((a, b) => a - b), count - 4 * attackers);
  },
} as const satisfies AggregationRule<z.output<typeof Settings>>;
