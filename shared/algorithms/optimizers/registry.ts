/** Every server optimizer, by name. A new one is one file, and one line in each of the two lists. */
import { z } from 'zod';
import type { FieldValues } from '../../statistics/statistic.ts';
import type { ServerState } from '../algorithm.ts';
import type { ServerOptimizer } from './optimizer.ts';
import { sgd, SgdConfig } from './sgd.ts';

/** A task's `server` setting: one of the optimizers with its own settings. */
export const OptimizerConfig = z.discriminatedUnion('name', [SgdConfig]);
export type OptimizerConfig = z.infer<typeof OptimizerConfig>;

type Optimizers = { readonly [Name in OptimizerConfig['name']]: ServerOptimizer<Extract<OptimizerConfig, { name: Name }>> };

const OPTIMIZERS: Optimizers = {
  sgd,
};

export function initOptimizer(initial: Float32Array, config: OptimizerConfig): ServerState {
  return OPTIMIZERS[config.name].init(initial, config);
}

/** One step against `scale · direction`; see ServerOptimizer. */
export function stepOptimizer(state: ServerState, direction: FieldValues, scale: number, config: OptimizerConfig): ServerState {
  return OPTIMIZERS[config.name].step(state, direction, scale, config);
}
