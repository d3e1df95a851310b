/**
 * SGD with heavy-ball momentum (Polyak 1964), in the form that PyTorch has: v ← momentum · v + g; w ← w − learningRate · v.
 * With learning rate 1 and no momentum FedAvg comes out as McMahan et al. 2017 wrote it;
 * with momentum it is FedAvgM (Hsu, Qi, Brown 2019).
 */
import { z } from 'zod';
import { moved } from '../../tensors/vectors.ts';
import type { ServerState } from '../algorithm.ts';
import { LearningRate } from '../learning-rate.ts';
import type { ServerOptimizer } from './optimizer.ts';
import { stepInBlocks } from './step-in-blocks.ts';

export const SgdConfig = z.strictObject({
  name: z.literal('sgd'),
  learningRate: LearningRate.default(1),
  momentum: z.number().min(0).lt(1).default(0),
});
export type SgdConfig = z.infer<typeof SgdConfig>;

export const sgd: ServerOptimizer<SgdConfig> = {
  name: 'sgd',
  init: (initial) => ({ parameters: initial.slice(), vectors: {}, numbers: {} }),
  step(state, direction, scale, { learningRate, momentum }): ServerState {
    // No velocity is kept where it would never be read: it is as large as the model.
    if (momentum === 0) return { parameters: moved(state.parameters, direction, -learningRate * scale), vectors: {}, numbers: {} };
    const parameters = state.parameters.slice();
    const velocity = state.vectors.velocity?.slice() ?? new Float32Array(parameters.length);
    stepInBlocks([parameters, velocity], direction, (kernels, g, [w, m], count) => kernels.stepMomentum(w, g, m, count, scale, learningRate, momentum));
    return { parameters, vectors: { velocity }, numbers: {} };
  },
};
