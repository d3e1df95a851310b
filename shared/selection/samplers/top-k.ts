/**
 * The best by score, and some of the others to explore. `explore` is the share of places for the others (ε-greedy): a
 * fraction of a place is one with that probability. Equal scores are put in random order.
 */
import { z } from 'zod';
import { drawUniformly } from '../random-draws.ts';
import { defineSampler } from '../sampler.ts';

export const topK = defineSampler({
  name: 'topK',
  settings: z.strictObject({ name: z.literal('topK'), explore: z.number().min(0).max(1).default(0.1) }),
  scores: 'needed',
  readsReports: () => false,
  memory: null,
  draw({ candidates: { length: n }, count, weights, settings: { explore }, random }) {
    const places = Math.min(count, n);
    const exploring = Math.min(Math.floor(explore * places + random.next()), n - places);
    const best = places - exploring;
    const ties = Float64Array.from({ length: n }, () => random.next());
    const scores = weights ?? new Float64Array(n).fill(1);
    const order = Array.from(ties, (_, i) => i).sort((a, b) => scores[b] - scores[a] || ties[a] - ties[b] || a - b);
    const ranks = new Uint32Array(n);
    order.forEach((position, rank) => (ranks[position] = rank));
    const explored = drawUniformly(n - best, exploring, random).map((at) => order[best + at]);
    return {
      chosen: [...order.slice(0, best), ...explored],
      how: `the ${best} best of ${n} eligible edges by score, and ${exploring} of the others drawn uniformly`,
      memory: null,
      factsOf: (i) => (ranks[i] < best ? { rank: ranks[i] + 1, probability: 1, part: 'best' } : { rank: ranks[i] + 1, probability: exploring / (n - best), part: 'others' }),
    };
  },
});
