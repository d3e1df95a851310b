/**
 * Adagrad (Duchi et al. 2011) as FedAdagrad has it (Reddi et al. 2021): v ← v + g²; w ← w − learningRate · g / (√v + epsilon).
 * Each weight has a learning rate of its own, which only falls: for sparse features.
 */
import { z } from 'zod';
import type { ServerState } from '../algorithm.ts';
import { LearningRate } from '../learning-rate.ts';
import type { ServerOptimizer } from './optimizer.ts';
import { stepInBlocks } from './step-in-blocks.ts';

export const AdagradConfig = z.strictObject({
  name: z.literal('adagrad'),
  learningRate: LearningRate.default(0.1),
  /** How far the adaptive rate can rise; Reddi et al. recommend 10^-3 (their τ). */
  epsilon: z.number().positive().default(1e-3),
});
export type AdagradConfig = z.infer<typeof AdagradConfig>;

export const adagrad: ServerOptimizer<AdagradConfig> = {
  name: 'adagrad',
  // v₀ = τ²: the least that Reddi et al. allow.
  init: (initial, { epsilon }) => ({ parameters: initial.slice(), vectors: { second: new Float32Array(initial.length).fill(epsilon ** 2) }, numbers: {} }),
  step({ parameters: before, vectors }, direction, scale, { learningRate, epsilon }): ServerState {
    const [parameters, second] = [before.slice(), vectors.second.slice()];
    stepInBlocks([parameters, second], direction, (kernels, g, [w, v], count) => kernels.stepAdagrad(w, g, v, count, scale, learningRate, epsilon));
    return { parameters, vectors: { second }, numbers: {} };
  },
};
