/** Every server optimizer, by name. A new one is one file, and one line in each of the two lists. */
import { z } from 'zod';
import type { FieldValues } from '../../statistics/statistic.ts';
import type { ServerState } from '../algorithm.ts';
import { rateAt } from '../learning-rate.ts';
import { adagrad, AdagradConfig } from './adagrad.ts';
import { adam, AdamConfig } from './adam.ts';
import type { ServerOptimizer } from './optimizer.ts';
import { sgd, SgdConfig } from './sgd.ts';
import { yogi, YogiConfig } from './yogi.ts';

/** A task's `server` setting: one of the optimizers with its own settings. */
export const OptimizerConfig = z.discriminatedUnion('name', [SgdConfig, AdagradConfig, AdamConfig, YogiConfig]);
export type OptimizerConfig = z.infer<typeof OptimizerConfig>;

/** The setting of algorithms whose direction is how far edges moved: where nothing is said, the server moves by just that. */
export const ServerSetting = OptimizerConfig.prefault({ name: 'sgd', learningRate: 1, momentum: 0 });

type Optimizers = { readonly [Name in OptimizerConfig['name']]: ServerOptimizer<Extract<OptimizerConfig, { name: Name }>> };

const OPTIMIZERS: Optimizers = {
  sgd,
  adagrad,
  adam,
  yogi,
};

/** The optimizer and its config belong together: the table's type says so, and indexing forgets it. */
const optimizerOf = (config: OptimizerConfig): ServerOptimizer<OptimizerConfig> => OPTIMIZERS[config.name];

const nextStep = ({ numbers }: ServerState): number => (numbers.steps ?? 0) + 1;

export function initOptimizer(initial: Float32Array, config: OptimizerConfig): ServerState {
  return optimizerOf(config).init(initial, config);
}

/** One step against `scale · direction`; see ServerOptimizer. A rate that follows a schedule goes by the steps taken so far: an aborted round is none. */
export function stepOptimizer(state: ServerState, direction: FieldValues, scale: number, config: OptimizerConfig): ServerState {
  if (typeof config.learningRate === 'number') return optimizerOf(config).step(state, direction, scale, { ...config, learningRate: config.learningRate });
  const steps = nextStep(state);
  const next = optimizerOf(config).step(state, direction, scale, { ...config, learningRate: rateAt(config.learningRate, steps) });
  return { ...next, numbers: { ...next.numbers, steps } };
}
