/**
 * Weighted sampling without replacement: one after another, each with probability w / Σw among those left (Efraimidis,
 * Spirakis 2006, "Weighted random sampling with a reservoir"). Who scores nothing is drawn only where nobody else is left.
 */
import { z } from 'zod';
import { arrivalTimes, positionsOfLeast } from '../random-draws.ts';
import { defineSampler } from '../sampler.ts';

export const weighted = defineSampler({
  name: 'weighted',
  settings: z.strictObject({
    name: z.literal('weighted'),
    /** The weight is the score to this power: 2 favours high scores more, 0.5 less. */
    exponent: z.number().positive().max(20).default(1),
  }),
  scores: 'needed',
  readsReports: () => false,
  memory: null,
  draw({ candidates: { length: n }, count, weights, settings: { exponent }, random }) {
    const powers = Float64Array.from({ length: n }, (_, i) => (weights?.[i] ?? 1) ** exponent);
    const keys = arrivalTimes(powers, random);
    const drawn = Math.min(count, n);
    let sum = 0;
    for (const power of powers) sum += power;
    // Of several drawn without replacement, nobody's probability has a short formula.
    const probability = (i: number): number | null => (drawn === n ? 1 : drawn === 1 && sum > 0 ? powers[i] / sum : null);
    return {
      chosen: positionsOfLeast(keys, drawn),
      how: `${drawn} of ${n} eligible edges were drawn, weighted by score`,
      memory: null,
      factsOf: (i) => ({ probability: probability(i), draw: keys[i] }),
    };
  },
});
