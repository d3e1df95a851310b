/**
 * SCAFFOLD (Karimireddy, Kale, Mohri, Reddi, Stich, Suresh 2020, "SCAFFOLD: Stochastic Controlled Averaging for Federated
 * Learning", algorithm 1): each edge knows in which direction its own data lead away from everybody's, its
 * control variate against the server's, and corrects each of its steps by that. So edges with unlike data can do many
 * steps and still go where the mean gradient goes. In the paper edges count alike, however many examples they hold; they can
 * also count by those, which is what FedAvg's mean loss is.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { moved } from '../tensors/vectors.ts';
import type { Algorithm, EdgeContext, ServerState } from './algorithm.ts';
import { countBegun, edgesInAll, MEMORY_FIELDS, rememberedVector } from './edge-memory.ts';
import { localConfig, planLocalUpdate, trainLocally } from './local-update.ts';
import { eachRunning, withRunning } from './running-statistics.ts';
import { mergedNumber, mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const ScaffoldConfig = localConfig({
  /** How many edges take part in all, selected or not (the paper's N), where no more have begun. */
  edges: z.int().positive(),
  /** What edges count by, in the mean change and in the mean control variate. */
  weighting: z.enum(['edges', 'examples']).default('edges'),
  /**
   * What an edge's control variate becomes: the mean gradient of its steps, read off how far they went (the paper's option II, which costs
   * nothing), or the gradient over all its examples at the shared weights (option I: one pass more, and steadier).
   */
  control: z.enum(['steps', 'gradient']).default('steps'),
  /** Of the server (the paper's global step size). */
  serverLearningRate: z.number().nonnegative().default(1),
}).refine(({ control, clipNorm, classWeights }) => control === 'steps' || (clipNorm === null && classWeights === null), {
  path: ['control'],
  message: 'the gradient over all examples is neither clipped nor weighed by classes, and steps would be corrected by what they are not; leave clipNorm and classWeights out, or use "steps"',
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
    fields: (layout, about) => [
      { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] },
      // What the edge's weight times its control variate grew by: of these the sum over rounds must be exact, whoever takes part.
      { name: 'control', monoid: 'sum', dtype: 'float32', shape: [layout.size] },
      { name: 'begunWeight', monoid: 'sum', dtype: 'float64', shape: [], range: { atLeast: 0, atMost: about?.maxWeight ?? 2 ** 40 } },
      ...MEMORY_FIELDS,
      ...TRAINING_FIELDS,
    ],
    stages: ['report'],
    edgeState: true,
    edgeStateIsSummed: true,
    serverVectors: true,
    barrier: true,
  },
  init: (initial) => ({ parameters: initial.slice(), vectors: { control: new Float32Array(initial.length) }, numbers: {} }),
  // The weight of all edges: known once each has begun, before that from the mean of those that have.
  plan: ({ numbers: { begun = 0, begunWeight = 0 } }, round, config) => ({ ...planLocalUpdate(config, round), edgesWeight: begun === 0 ? config.edges : (begunWeight / begun) * edgesInAll(config, { begun }) }),
  async edge(context) {
    const { base, state, serverVectors, config, broadcast: { edgesWeight } } = context;
    const shared = serverVectors?.control;
    if (shared?.length !== base.length || typeof edgesWeight !== 'number') throw new MurmurError('bad_message', 'the coordinator did not give its control variate with the weights');
    const own = rememberedVector(state, 'control', base.length);
    const correction = shared.map((sum, i) => sum / edgesWeight - own.values[i]);
    const gradient = config.control === 'gradient' ? await gradientAt(base, context) : null;
    const { delta, examples, steps, learningRate, loss } = await trainLocally(context, { correction });
    // c⁺ = cᵢ − c + (x − y) / (K η): the mean of the gradients before they were corrected. Without a step nothing was learned of them.
    const scale = steps * learningRate;
    const control = gradient ?? (scale === 0 ? own.values.slice() : delta.map((way, i) => -correction[i] - way / scale));
    eachRunning(context.trainer.layout, (i) => (control[i] = 0));
    const weight = config.weighting === 'examples' ? examples : 1;
    const before = own.fields.begun[0] === 1 ? 0 : (state?.numbers.weight ?? 1);
    const grown = control.map((c, i) => weight * c - before * own.values[i]);
    return {
      statistic: { weight, fields: { delta, control: grown, begunWeight: Float64Array.of(own.fields.begun[0] * weight), ...own.fields, ...trainingFields(loss, examples) } },
      nextState: { vectors: { control }, numbers: { weight } },
    };
  },
  update(state, merged, config, layout) {
    const size = state.parameters.length;
    const delta = mergedVector(merged, 'delta', size);
    const next: ServerState = {
      parameters: moved(state.parameters, delta, config.serverLearningRate),
      // Σ weight · cᵢ over all edges, who never took part with zero: the server's control variate times the weight of all.
      vectors: { control: moved(state.vectors.control, mergedVector(merged, 'control', size), 1) },
      numbers: { ...countBegun(state, merged), begunWeight: (state.numbers.begunWeight ?? 0) + mergedNumber(merged, 'begunWeight') },
    };
    return withRunning(next, state, delta, layout);
  },
};

async function gradientAt(weights: Float32Array, { trainer, signal }: Pick<EdgeContext<unknown>, 'trainer' | 'signal'>): Promise<Float32Array> {
  trainer.load(weights);
  return (await trainer.gradient({ signal })).gradient;
}
