/**
 * Centered clipping (Karimireddy, He, Jaggi 2021, "Learning from History for Byzantine Robust Optimization"): from where the last round came
 * to, one goes to the mean of all reports, of which those that lie further off than a radius pull as if they lay at it. So one report moves
 * the result by no more than its share of the radius. The paper's guarantee is for up to a tenth of the reports, and for edges that send
 * a momentum of their gradients over rounds, which makes honest ones more alike and what is small each time and always the same stand out;
 * here they send what each round's local training came to, and no such guarantee holds against attackers who do a little in each round.
 * `attackers` is checked against what the automatic radius bears. Weights play no part.
 */
import { z } from 'zod';
import { lowerMedian, majorityOf, type AggregationRule } from '../rule.ts';
import { scaleTo } from './norm-bound.ts';

const Settings = z.strictObject({
  rule: z.literal('centered-clipping'),
  /** The paper's τ; `auto`: the median of the reports' distances from the centre. */
  radius: z.union([z.number().positive(), z.literal('auto')]).default('auto'),
  /** The paper's l: how often the centre moves. */
  iterations: z.int().positive().max(100).default(3),
  /** Reports of a round that may be wrong: the round's minimum is checked against it. */
  attackers: z.int().nonnegative().default(0),
});

export const centeredClipping = {
  name: 'centered-clipping',
  summary: 'From the last round’s result towards the reports, of which none pulls further than a radius (Karimireddy et al. 2021)',
  settings: Settings,
  needs: () => ({ kind: 'reports' }),
  bound: ({ attackers }) => majorityOf(attackers),
  pairwise: false,
  remembers: true,
  async combine(vectors, { radius, iterations }, last) {
    const { count } = vectors;
    let center = last;
    let squared = await vectors.distancesTo(center);
    for (let i = 1; ; i++) {
      const distances = Array.from(squared, Math.sqrt);
      const within = radius === 'auto' ? lowerMedian(distances) : radius;
      const factors = distances.map((distance) => scaleTo(within, distance) / count);
      const own = 1 - factors.reduce((sum, factor) => sum + factor, 0);
      const around = center === null ? undefined : { vector: center, own };
      if (i === iterations) return vectors.combine(factors, around);
      ({ vector: center, squared } = await vectors.combineAndMeasure(factors, around));
    }
  },
} as const satisfies AggregationRule<z.output<typeof Settings>>;
