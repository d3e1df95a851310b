/**
 * FedNova (Wang, Liu, Liang, Joshi, Poor 2020, "Tackling the Objective Inconsistency Problem in Heterogeneous Federated
 * Optimization"): edges that do more steps, or whose momentum makes steps longer, pull the average their way, and FedAvg
 * ends elsewhere than at the minimum of the mean loss. Here each edge's change is divided by what its steps amount to, |a|,
 * and the server moves by the mean of these, times the mean of |a|.
 */
import { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { fedavg } from './fedavg.ts';
import { localConfig, planLocalUpdate, trainLocally, type LocalConfig } from './local-update.ts';
import { initOptimizer, ServerSetting, stepOptimizer } from './optimizers/registry.ts';
import { eachRunning, withRunning } from './running-statistics.ts';
import { mergedNumber, mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const FedNovaConfig = localConfig({
  /** Strength of FedProx's pull, which makes early steps count less; 0: none. */
  mu: z.number().nonnegative().default(0),
  server: ServerSetting,
}).refine(({ optimizer, mu }) => optimizer.name === 'sgd' && (mu === 0 || optimizer.momentum === 0), {
  path: ['optimizer'],
  message: 'what steps amount to is known for SGD with momentum and for SGD with a pull, not for Adam or for both together; use sgd, and momentum 0 where mu is not',
});
export type FedNovaConfig = z.infer<typeof FedNovaConfig>;

/**
 * |a|₁ of the paper: by how much so many steps move the weights, in learning rates times gradients, were the gradient the same
 * in each. Plain steps: their number.
 */
export function amountOfSteps(steps: number, { momentum = 0, nesterov = false, pull = 0 }: { readonly momentum?: number; readonly nesterov?: boolean; /** Learning rate times μ. */ readonly pull?: number }): number {
  if (pull > 0) return (1 - (1 - pull) ** steps) / pull;
  if (momentum === 0) return steps;
  const heavy = (steps - (momentum * (1 - momentum ** steps)) / (1 - momentum)) / (1 - momentum);
  return nesterov ? steps + momentum * heavy : heavy;
}

const amountOf = ({ optimizer, mu }: LocalConfig & { readonly mu: number }, steps: number, learningRate: number): number =>
  amountOfSteps(steps, optimizer.name === 'sgd' ? { ...optimizer, pull: learningRate * mu } : {});

/** What an edge of the most examples that a report may weigh comes to: one that says more would carry the model away, however short its vector. */
function mostAmount(about: { readonly config: FedNovaConfig; readonly maxWeight?: number } | undefined): number {
  if (about?.maxWeight === undefined) return 2 ** 40;
  const { epochs, steps, batchSize, optimizer } = about.config;
  const mostSteps = steps ?? (epochs ?? 0) * Math.max(1, batchSize === null ? 1 : Math.ceil(about.maxWeight / batchSize));
  return amountOfSteps(mostSteps, optimizer.name === 'sgd' ? optimizer : {});
}

export const fednova: Algorithm<FedNovaConfig> = {
  name: 'fednova',
  summary: 'Federated averaging in which an edge counts by its examples, however many steps it did (Wang et al. 2020)',
  config: FedNovaConfig,
  needs: {
    ...fedavg.needs,
    fields: (layout, about) => [
      { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [layout.size] },
      { name: 'amount', monoid: 'weighted-mean', dtype: 'float64', shape: [], range: { atLeast: 0, atMost: mostAmount(about) } },
      ...TRAINING_FIELDS,
    ],
  },
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { delta, examples, steps, learningRate, loss } = await trainLocally(context, context.config.mu > 0 ? { proximal: { strength: context.config.mu } } : {});
    const amount = amountOf(context.config, steps, learningRate);
    for (let i = 0; i < delta.length; i++) delta[i] /= amount;
    eachRunning(context.trainer.layout, (i) => (delta[i] *= amount));
    return { statistic: { weight: examples, fields: { delta, amount: Float64Array.of(amount), ...trainingFields(loss, examples) } } };
  },
  update(state, merged, config, layout) {
    const delta = mergedVector(merged, 'delta', state.parameters.length);
    return withRunning(stepOptimizer(state, delta, -mergedNumber(merged, 'amount'), config.server), state, delta, layout);
  },
};
