/**
 * FedProx (Li, Sahu, Zaheer, Sanjabi, Talwalkar, Smith 2020, "Federated Optimization in Heterogeneous Networks", algorithm 2):
 * FedAvg whose edges add μ/2 · |w − wᵗ|² to their loss, so that much local work on unlike data does not carry them far
 * apart, and whatever part of the work an edge could do counts. With μ = 0 it is FedAvg.
 */
import { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { fedavg } from './fedavg.ts';
import { localConfig, planLocalUpdate, trainLocally } from './local-update.ts';
import { ServerSetting } from './optimizers/registry.ts';
import { trainingFields } from './training-fields.ts';

export const FedProxConfig = localConfig({
  /** Strength of the pull to the shared weights (the paper tries 0.001 to 1). */
  mu: z.number().nonnegative(),
  server: ServerSetting,
});
export type FedProxConfig = z.infer<typeof FedProxConfig>;

export const fedprox: Algorithm<FedProxConfig> = {
  name: 'fedprox',
  summary: 'Federated averaging whose edges are pulled to the shared weights while they train (Li et al. 2020)',
  config: FedProxConfig,
  needs: fedavg.needs,
  init: (initial, config) => fedavg.init(initial, config),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { delta, examples, loss } = await trainLocally(context, { proximal: { strength: context.config.mu } });
    return { statistic: { weight: examples, fields: { delta, ...trainingFields(loss, examples) } } };
  },
  update: (state, merged, config, layout) => fedavg.update(state, merged, config, layout),
};
