/**
 * Power of choice (Cho, Wang, Joshi 2020, "Client Selection in Federated Learning: Convergence Analysis and Power-of-Choice
 * Selection Strategies"): d candidates are drawn by their share of the data, and of these the ones with the highest loss are
 * asked. This is the variant that spares the question for the loss, rpow-d: the loss of an edge's last report stands
 * in, and one that never reported counts as infinitely high. With the sampler `topK`, its `explore` 0, it is the paper's.
 */
import { z } from 'zod';
import { drawByWeight } from '../random-draws.ts';
import { defineScore, weight } from '../score.ts';

export const powerOfChoice = defineScore({
  name: 'powerOfChoice',
  settings: z.strictObject({
    name: z.literal('powerOfChoice'),
    weight,
    /** The paper's d; null: twice as many as are chosen. Never fewer than are chosen. */
    among: z.int().positive().nullable().default(null),
  }),
  readsReports: true,
  rate({ candidates, count, settings: { among }, context: { trackOf }, random }) {
    const drawn = drawByWeight(candidates.map(({ examples }) => examples), Math.max(count, among ?? 2 * count), random);
    const lossAt = (position: number): number => trackOf(candidates[position].edge)?.loss ?? Infinity;
    const ascending = [...drawn].sort((a, b) => (lossAt(a) === lossAt(b) ? 0 : lossAt(a) - lossAt(b)));
    const scores = new Float64Array(candidates.length);
    // The share of those drawn whose loss is no higher: equal losses score alike, those not drawn nothing.
    for (let i = ascending.length - 1, rank = 0; i >= 0; i--) {
      if (i === ascending.length - 1 || lossAt(ascending[i]) !== lossAt(ascending[i + 1])) rank = (i + 1) / ascending.length;
      scores[ascending[i]] = rank;
    }
    return scores;
  },
});
