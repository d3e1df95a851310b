/** A server optimizer turns a gradient, real or a round's stand-in for one, into new weights. One file an optimizer; `registry.ts` lists them. */
import type { FieldValues } from '../../statistics/statistic.ts';
import type { ServerState } from '../algorithm.ts';

/** An optimizer's settings at one step: its learning rate is that step's, whatever schedule it comes from. */
export type AtStep<Config> = Omit<Config, 'learningRate'> & { readonly learningRate: number };

export interface ServerOptimizer<Config> {
  readonly name: string;
  /** The state before the first step: the weights, and whatever slots the optimizer keeps. */
  init(initial: Float32Array, config: Config): ServerState;
  /**
   * One step against `scale · direction` (layout.size values): FedAvg passes its mean delta with scale −1, as the
   * gradient that the round stands in for. Pure: makes a new state, leaves the old one as it was; `numbers` are the registry's.
   */
  step(state: ServerState, direction: FieldValues, scale: number, config: AtStep<Config>): ServerState;
}
