/** The two halves of a learning procedure, in one shape (DESIGN §5). One file an algorithm; `registry.ts` lists them. */
import type { z } from 'zod';
import type { Trainer, TrainProgress } from '../model/trainer.ts';
import type { RandomSource } from '../random.ts';
import type { FieldSpec, MergedStatistic, Statistic } from '../statistics/statistic.ts';
import type { Layout } from '../tensors/layout.ts';

/** Plain data that can be stored and resumed: the weights, further vectors (momentum, …) and numbers. */
export interface ServerState {
  readonly parameters: Float32Array;
  readonly vectors: Readonly<Record<string, Float32Array>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Plain data that an edge keeps between its rounds; null: none. It takes effect when its report is acknowledged. */
export interface EdgeState {
  readonly vectors: Readonly<Record<string, Float32Array>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** What every selected edge is told beside the weights: small JSON. */
export type Broadcast = Readonly<Record<string, number | string | boolean | null>>;

export interface EdgeContext<Config> {
  readonly config: Config;
  /** The base checkpoint; not to be changed. */
  readonly base: Float32Array;
  readonly broadcast: Broadcast;
  readonly state: EdgeState | null;
  readonly trainer: Trainer;
  readonly random: RandomSource;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
}

export interface EdgeOutcome {
  readonly statistic: Statistic;
  readonly nextState?: EdgeState;
}

/** What an algorithm demands of the house; the compatibility matrix reads it. */
export interface AlgorithmNeeds {
  /** Fields of the statistic for a model of this layout. */
  fields(layout: Layout): readonly FieldSpec[];
  /** Exchanges within the reporting phase; plain rounds have one. */
  readonly stages: readonly string[];
  readonly edgeState: boolean;
  /** False where rounds have no common deadline (asynchronous algorithms). */
  readonly barrier: boolean;
}

export interface Algorithm<Config = unknown> {
  readonly name: string;
  /** One sentence for people, with the paper. */
  readonly summary: string;
  /** The task's `algorithm` setting but for its `name`: strict, every default filled in. */
  readonly config: z.ZodType<Config>;
  readonly needs: AlgorithmNeeds;
  init(initial: Float32Array, config: Config): ServerState;
  plan(state: ServerState, round: number, config: Config): Broadcast;
  edge(context: EdgeContext<Config>): Promise<EdgeOutcome>;
  /** Pure: makes a new state, leaves the old one as it was. */
  update(state: ServerState, merged: MergedStatistic, config: Config): ServerState;
}
