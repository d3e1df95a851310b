/**
 * q-FedAvg (Li, Sanjabi, Beirami, Smith 2020, "Fair Resource Allocation in Federated Learning", algorithm 2): minimises
 * Σ Fₖ^(q+1) / (q + 1) over the edges, so that those whose loss Fₖ is high count more and accuracy spreads less. The step
 * needs no tuning anew for each q: an estimate of the curvature is merged beside the changes. With q = 0 edges count alike.
 */
import { z } from 'zod';
import { sumOfSquares } from '../statistics/sum-of-squares.ts';
import type { Algorithm } from './algorithm.ts';
import { fedavg } from './fedavg.ts';
import { localConfig, planLocalUpdate, trainLocally } from './local-update.ts';
import { initOptimizer, ServerSetting, stepOptimizer } from './optimizers/registry.ts';
import { eachRunning, withRunning } from './running-statistics.ts';
import { mergedNumber, mergedVector, TRAINING_FIELDS, trainingFields } from './training-fields.ts';

export const QFedAvgConfig = localConfig({
  /** How much fairness: 0, none; the paper tries 0.001 to 5. */
  q: z.number().nonnegative(),
  server: ServerSetting,
}).refine(({ learningRate }) => learningRate !== 0, { path: ['learningRate'], message: 'the step is in units of 1 / learningRate, which must not be 0' });
export type QFedAvgConfig = z.infer<typeof QFedAvgConfig>;

/** A loss of 0 to a power below 0 would be infinite. */
const LEAST_LOSS = 1e-10;

export const qfedavg: Algorithm<QFedAvgConfig> = {
  name: 'q-fedavg',
  summary: 'Edges whose loss is high count more, so that the model serves all alike (Li et al. 2020)',
  config: QFedAvgConfig,
  needs: {
    ...fedavg.needs,
    fields: (layout) => [
      { name: 'delta', monoid: 'sum', dtype: 'float32', shape: [layout.size] },
      { name: 'curvature', monoid: 'sum', dtype: 'float64', shape: [], range: { atLeast: 0 } },
      ...TRAINING_FIELDS,
    ],
  },
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  async edge(context) {
    const { base, trainer, config: { q } } = context;
    trainer.load(base);
    const before = Math.max((await trainer.evaluate({ on: 'train' })).loss, LEAST_LOSS);
    const { delta, examples, learningRate, loss } = await trainLocally(context);
    // L = 1/η stands in for the Lipschitz constant; Δ = L F^q (wₖ − w), h = q F^(q−1) |L (wₖ − w)|² + L F^q.
    // Of steps of no length, as at the end of a schedule, any does: nothing moved.
    const L = learningRate === 0 ? 1 : 1 / learningRate;
    const scale = L * before ** q;
    const running: (readonly [element: number, moved: number])[] = [];
    eachRunning(trainer.layout, (i) => {
      running.push([i, delta[i]]);
      // What is measured is no part of the step whose length tells of the curvature.
      delta[i] = 0;
    });
    const curvature = q * before ** (q - 1) * L ** 2 * sumOfSquares(delta) + scale;
    for (let i = 0; i < delta.length; i++) delta[i] *= scale;
    // Over the sum of the curvatures, as the server takes it, this is a mean.
    for (const [i, by] of running) delta[i] = curvature * by;
    return { statistic: { weight: 1, fields: { delta, curvature: Float64Array.of(curvature), ...trainingFields(loss, examples) } } };
  },
  update(state, merged, config, layout) {
    const delta = mergedVector(merged, 'delta', state.parameters.length);
    const share = 1 / mergedNumber(merged, 'curvature');
    return withRunning(stepOptimizer(state, delta, -share, config.server), state, delta, layout, share);
  },
};
