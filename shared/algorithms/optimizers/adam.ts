/**
 * Adam (Kingma and Ba 2015) as FedAdam has it (Reddi et al. 2021), without correction of the bias:
 * m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − learningRate · m / (√v + epsilon).
 */
import { z } from 'zod';
import type { ServerState } from '../algorithm.ts';
import { LearningRate } from '../learning-rate.ts';
import type { ServerOptimizer } from './optimizer.ts';
import { stepInBlocks } from './step-in-blocks.ts';

export const AdamConfig = z.strictObject({
  name: z.literal('adam'),
  learningRate: LearningRate.default(0.01),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
  /** How far the adaptive rate can rise; Reddi et al. recommend 10^-3 (their τ). */
  epsilon: z.number().positive().default(1e-3),
});
export type AdamConfig = z.infer<typeof AdamConfig>;

export const adam: ServerOptimizer<AdamConfig> = {
  name: 'adam',
  // v₀ = τ²: the least that Reddi et al. allow.
  init: (initial, { epsilon }) => ({ parameters: initial.slice(), vectors: { first: new Float32Array(initial.length), second: new Float32Array(initial.length).fill(epsilon ** 2) }, numbers: {} }),
  step({ parameters: before, vectors }, direction, scale, { learningRate, beta1, beta2, epsilon }): ServerState {
    const [parameters, first, second] = [before.slice(), vectors.first.slice(), vectors.second.slice()];
    stepInBlocks([parameters, first, second], direction, (kernels, g, [w, m, v], count) => kernels.stepAdam(w, g, m, v, count, scale, learningRate, beta1, beta2, epsilon));
    return { parameters, vectors: { first, second }, numbers: {} };
  },
};
