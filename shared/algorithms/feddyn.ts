/**
 * FedDyn (Acar, Zhao, Matas Navarro, Mattina, Whatmough, Saligrama 2021, "Federated Learning Based on Dynamic
 * Regularization", algorithm 1): each edge adds −⟨gᵢ, w⟩ + α/2 · |w − wᵗ|² to its loss, where gᵢ is the gradient that it
 * came to rest at last time. Once all have come to rest their minima agree with the one of the mean loss.
 * As in the paper, edges count alike, however many examples they hold.
 */
import { z } from 'zod';
import { moved } from '../tensors/vectors.ts';
import type { Algorithm, ServerState } from './algorithm.ts';
import { countBegun, edgesInAll, MEMORY_FIELDS, rememberedVector } from './edge-memory.ts';
import { fedavg } from './fedavg.ts';
import { localConfig, planLocalUpdate, trainLocally } from './local-update.ts';
import { withRunning } from './running-statistics.ts';
import { mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const FedDynConfig = localConfig({
  /** Strength of the regularisation (the paper tries 0.001 to 0.1). */
  alpha: z.number().positive(),
  /** How many edges take part in all, selected or not (the paper's m), where no more have begun. */
  edges: z.int().positive(),
});
export type FedDynConfig = z.infer<typeof FedDynConfig>;

export const feddyn: Algorithm<FedDynConfig> = {
  name: 'feddyn',
  summary: 'Edges regularise their loss so that all minima come to agree (Acar et al. 2021)',
  config: FedDynConfig,
  needs: {
    ...fedavg.needs,
    fields: (layout) => [{ name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] }, ...MEMORY_FIELDS, ...TRAINING_FIELDS],
    edgeState: true,
    edgeStateIsSummed: true,
  },
  init: (initial) => ({ parameters: initial.slice(), vectors: { drift: new Float32Array(initial.length) }, numbers: {} }),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { base, config, state } = context;
    const own = rememberedVector(state, 'gradient', base.length);
    const { delta, examples, loss } = await trainLocally(context, { correction: own.values.map((g) => -g), proximal: { strength: config.alpha } });
    return {
      statistic: { weight: 1, fields: { delta, ...own.fields, ...trainingFields(loss, examples) } },
      nextState: { vectors: { gradient: moved(own.values, delta, -config.alpha) }, numbers: {} },
    };
  },
  update(state, merged, config, layout) {
    const { alpha } = config;
    const delta = mergedVector(merged, 'delta', state.parameters.length);
    // h ← h − α/m · Σ (wᵢ − w); w ← mean wᵢ − h/α
    const numbers = countBegun(state, merged);
    const [before, edges] = [edgesInAll(config, state.numbers), edgesInAll(config, numbers)];
    // A mean over more edges than were thought to be: a share each.
    const earlier = before === edges ? state.vectors.drift : state.vectors.drift.map((value) => (value * before) / edges);
    const drift = moved(earlier, delta, (-alpha * merged.count) / edges);
    const next: ServerState = { parameters: moved(moved(state.parameters, delta, 1), drift, -1 / alpha), vectors: { drift }, numbers };
    return withRunning(next, state, delta, layout);
  },
};
