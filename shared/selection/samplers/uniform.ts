/** Uniform sampling without replacement: every eligible edge with the same probability count / n, but for those who are penalised. */
import { z } from 'zod';
import { arrivalTimes, drawUniformly, positionsOfLeast } from '../random-draws.ts';
import { defineSampler } from '../sampler.ts';

export const uniform = defineSampler({
  name: 'uniform',
  settings: z.strictObject({ name: z.literal('uniform') }),
  scores: 'ignored',
  readsReports: () => false,
  memory: null,
  draw({ candidates: { length: n }, count, weights, random }) {
    const drawn = Math.min(count, n);
    const of = `${drawn} of ${n} eligible edges were drawn`;
    if (weights === null) {
      const probability = n === 0 ? 0 : drawn / n;
      return { chosen: drawUniformly(n, count, random), how: `${of} uniformly`, memory: null, factsOf: () => ({ probability }) };
    }
    const keys = arrivalTimes(weights, random);
    return { chosen: positionsOfLeast(keys, drawn), how: `${of}, less often those who are penalised`, memory: null, factsOf: (i) => ({ probability: null, draw: keys[i] }) };
  },
});
