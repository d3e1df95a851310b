/**
 * SCAFFOLD (Karimireddy, Kale, Mohri, Reddi, Stich, Suresh 2020, "SCAFFOLD: Stochastic Controlled Averaging for Federated
 * Learning", algorithm 1 with option II): each edge knows in which direction its own data lead away from everybody's, its
 * control variate against the server's, and corrects each of its steps by that. So edges with unlike data can do many
 * steps and still go where the mean gradient goes. As in the paper, edges count alike, however many examples they hold.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { moved } from '../tensors/vectors.ts';
import type { Algorithm } from './algorithm.ts';
import { countBegun, MEMORY_FIELDS, rememberedVector } from './edge-memory.ts';
import { localConfig, planLocalUpdate, trainLocally } from './local-update.ts';
import { mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const ScaffoldConfig = localConfig({
  /** How many edges take part in all, selected or not (the paper's N). */
  edges: z.int().positive(),
  /** Of the server (the paper's global step size). */
  serverLearningRate: z.number().nonnegative().default(1),
}).refine(({ optimizer }) => optimizer.name === 'sgd' && optimizer.momentum === 0, {
  path: ['optimizer'],
  message: 'an edge reads its mean gradient from how far plain steps went; use sgd with momentum 0',
});
export type ScaffoldConfig = z.infer<typeof ScaffoldConfig>;

export const scaffold: Algorithm<ScaffoldConfig> = {
  name: 'scaffold',
  summary: 'Edges correct each local step by how their gradient differs from everybody’s (Karimireddy et al. 2020)',
  config: ScaffoldConfig,
  needs: {
    fields: (layout) => [
      { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] },
      { name: 'control', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] },
      ...MEMORY_FIELDS,
      ...TRAINING_FIELDS,
    ],
    stages: ['report'],
    edgeState: true,
    serverVectors: true,
    barrier: true,
  },
  init: (initial) => ({ parameters: initial.slice(), vectors: { control: new Float32Array(initial.length) }, numbers: {} }),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { base, state, serverVectors } = context;
    const shared = serverVectors?.control;
    if (shared?.length !== base.length) throw new MurmurError('bad_message', 'the coordinator did not give its control variate with the weights');
    const own = rememberedVector(state, 'control', base.length);
    const correction = moved(shared, own.values, -1);
    const { delta, examples, steps, learningRate, loss } = await trainLocally(context, { correction });
    // c⁺ = cᵢ − c + (x − y) / (K η): the mean of the gradients before they were corrected. Without a step nothing was learned of them.
    const scale = steps * learningRate;
    const control = scale === 0 ? own.values.slice() : delta.map((way, i) => -correction[i] - way / scale);
    return {
      statistic: { weight: 1, fields: { delta, control: moved(control, own.values, -1), ...own.fields, ...trainingFields(loss, examples) } },
      nextState: { vectors: { control }, numbers: {} },
    };
  },
  update(state, merged, config) {
    const size = state.parameters.length;
    return {
      parameters: moved(state.parameters, mergedVector(merged, 'delta', size), config.serverLearningRate),
      // Of all N edges, those who took part have changed theirs by the mean.
      vectors: { control: moved(state.vectors.control, mergedVector(merged, 'control', size), merged.count / config.edges) },
      numbers: countBegun(state, merged),
    };
  },
};
