/**
 * Federated SGD (McMahan et al. 2017, section 2): each edge forwards the gradient over all its examples at
 * the shared weights; the server takes one step against the example-weighted mean, which is the gradient
 * over the examples of all of them.
 */
import { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { initOptimizer, OptimizerConfig, stepOptimizer } from './optimizers/registry.ts';
import { mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const FedSgdConfig = z.strictObject({
  /** Takes the step; here it is the only one there is, so its learning rate is the task's. */
  server: OptimizerConfig,
});
export type FedSgdConfig = z.infer<typeof FedSgdConfig>;

export const fedsgd: Algorithm<FedSgdConfig> = {
  name: 'fedsgd',
  summary: 'Edges forward gradients; the server averages them by number of examples and takes one step (McMahan et al. 2017)',
  config: FedSgdConfig,
  needs: {
    fields: (layout) => [{ name: 'gradient', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] }, ...TRAINING_FIELDS],
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: () => ({}),
  async edge({ base, trainer, signal }) {
    trainer.load(base);
    const { gradient, examples, loss } = await trainer.gradient({ signal });
    return { statistic: { weight: examples, fields: { gradient, ...trainingFields(loss, examples) } } };
  },
  update(state, merged, config) {
    return stepOptimizer(state, mergedVector(merged, 'gradient', state.parameters.length), 1, config.server);
  },
};
