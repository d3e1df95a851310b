/**
 * Buffered asynchronous aggregation (Nguyen, Malik, Zhan, Yousefpour, Rabbat, Malek, Huba 2022, "Federated Learning with
 * Buffered Asynchronous Aggregation", FedBuff, algorithm 1): no edge waits for another. Each trains from the version that is
 * the newest when it begins; the server moves as soon as K reports are there, by their mean, in which a report counts the
 * less the more versions were made since its own. K is the task's `round.goal`.
 *
 * The mean is the paper's: damped deltas over the weights as they were before the damping, Σ s·w·Δ / Σ w, so that a buffer of
 * old reports alone moves the model less than one of fresh ones. A report weighs as many as its examples.
 */
import { z } from 'zod';
import type { Algorithm } from './algorithm.ts';
import { fedavg } from './fedavg.ts';
import { localConfig, planLocalUpdate } from './local-update.ts';
import { initOptimizer, ServerSetting, stepOptimizer } from './optimizers/registry.ts';
import { withRunning } from './running-statistics.ts';
import { mergedVector } from './training-fields.ts';

const Staleness = z.discriminatedUnion('name', [
  /** 1 / (1 + s)^exponent of the weight, of a report that is s versions behind; the paper takes a half. */
  z.strictObject({ name: z.literal('polynomial'), exponent: z.number().positive().max(16).default(0.5) }),
  /** The whole weight, however old it is. */
  z.strictObject({ name: z.literal('constant') }),
]);

export const FedBuffConfig = localConfig({
  /** Edges that work at once, at most. */
  concurrency: z.int().positive(),
  staleness: Staleness.prefault({ name: 'polynomial' }),
  /** A report that is more versions behind does not count. */
  mostStaleness: z.int().nonnegative().max(10_000).default(50),
  /** What the server does with the mean; as it stands, moves by it. */
  server: ServerSetting,
});
export type FedBuffConfig = z.infer<typeof FedBuffConfig>;

export const fedbuff: Algorithm<FedBuffConfig> = {
  name: 'fedbuff',
  summary: 'Edges train without waiting for each other; the server moves by each K reports, older ones weighing less (Nguyen et al. 2022)',
  config: FedBuffConfig,
  needs: {
    ...fedavg.needs,
    // The damping is read off the two: an edge that says more examples than it weighs would hold the model where it is.
    fields: (layout) => fedavg.needs.fields(layout).map((field) => (field.name === 'examples' ? { ...field, range: { ...field.range, isWeight: true } } : field)),
    barrier: false,
  },
  init: (initial, config) => initOptimizer(initial, config.server),
  plan: (_state, round, config) => planLocalUpdate(config, round),
  edge: (context) => fedavg.edge(context),
  update(state, merged, config, layout) {
    const mean = mergedVector(merged, 'delta', state.parameters.length);
    // The statistic's weight is damped, the number of examples is not.
    const damping = merged.weight / mergedVector(merged, 'examples', 1)[0];
    return withRunning(stepOptimizer(state, damping === 1 ? mean : mean.map((value) => damping * value), -1, config.server), state, mean, layout, damping);
  },
  asynchrony: ({ concurrency, mostStaleness, staleness }) => ({
    concurrency, mostStaleness,
    factor: (versions) => (staleness.name === 'constant' ? 1 : (1 + versions) ** -staleness.exponent),
  }),
};
