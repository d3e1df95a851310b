/**
 * Federated averaging (McMahan, Moore, Ramage, Hampson, Agüera y Arcas 2017, "Communication-Efficient
 * Learning of Deep Networks from Decentralized Data", algorithm 1): each edge trains for some epochs (or steps) from
 * the shared weights and forwards how far it moved; the server moves by the example-weighted mean.
 */
import type { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { localConfig, planLocalUpdate, trainLocally } from './local-update.ts';
import { initOptimizer, ServerSetting, stepOptimizer } from './optimizers/registry.ts';
import { withRunning } from './running-statistics.ts';
import { mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const FedAvgConfig = localConfig({
  /** What the server does with the mean delta; as it stands, moves by it (the paper's own rule). */
  server: ServerSetting,
});
export type FedAvgConfig = z.infer<typeof FedAvgConfig>;

export const fedavg: Algorithm<FedAvgConfig> = {
  name: 'fedavg',
  summary: 'Edges train locally; the server averages their weights by number of examples (McMahan et al. 2017)',
  config: FedAvgConfig,
  needs: {
    fields: (layout) => [{ name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] }, ...TRAINING_FIELDS],
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { delta, examples, loss } = await trainLocally(context);
    return { statistic: { weight: examples, fields: { delta, ...trainingFields(loss, examples) } } };
  },
  update(state, merged, config, layout) {
    const delta = mergedVector(merged, 'delta', state.parameters.length);
    // The mean delta points the way to go, a gradient the way not to: hence −1.
    return withRunning(stepOptimizer(state, delta, -1, config.server), state, delta, layout);
  },
};
