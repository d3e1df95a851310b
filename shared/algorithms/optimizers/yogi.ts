/**
 * Yogi (Zaheer et al. 2018) as FedYogi has it (Reddi et al. 2021): Adam whose second moment moves by a bounded amount,
 * v ← v − (1 − β₂) · sign(v − g²) · g², so that it forgets slowly when gradients become small.
 */
import { z } from 'zod';
import type { ServerState } from '../algorithm.ts';
import { LearningRate } from '../learning-rate.ts';
import type { ServerOptimizer } from './optimizer.ts';
import { stepInBlocks } from './step-in-blocks.ts';

export const YogiConfig = z.strictObject({
  name: z.literal('yogi'),
  learningRate: LearningRate.default(0.01),
  beta1: z.number().min(0).lt(1).default(0.9),
  beta2: z.number().min(0).lt(1).default(0.99),
  /** How far the adaptive rate can rise; Reddi et al. recommend 10^-3 (their τ). */
  epsilon: z.number().positive().default(1e-3),
});
export type YogiConfig = z.infer<typeof YogiConfig>;

export const yogi: ServerOptimizer<YogiConfig> = {
  name: 'yogi',
  // v₀ = τ²: the least that Reddi et al. allow.
  init: (initial, { epsilon }) => ({ parameters: initial.slice(), vectors: { first: new Float32Array(initial.length), second: new Float32Array(initial.length).fill(epsilon ** 2) }, numbers: {} }),
  step({ parameters: before, vectors }, direction, scale, { learningRate, beta1, beta2, epsilon }): ServerState {
    const [parameters, first, second] = [before.slice(), vectors.first.slice(), vectors.second.slice()];
    stepInBlocks([parameters, first, second], direction, (kernels, g, [w, m, v], count) => kernels.stepYogi(w, g, m, v, count, scale, learningRate, beta1, beta2, epsilon));
    return { parameters, vectors: { first, second }, numbers: {} };
  },
};
