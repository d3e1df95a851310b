/** The two halves of a learning procedure, in one shape (DESIGN §5). One file an algorithm; `registry.ts` lists them. */
import type { z } from 'zod';
import type { Examples } from '../model/examples.ts';
import type { Trainer, TrainProgress } from '../model/trainer.ts';
import type { RandomSource } from '../random.ts';
import type { ColumnTable } from '../statistics/columns.ts';
import type { FieldSpec, MergedStatistic, Statistic } from '../statistics/statistic.ts';
import type { DataContract } from '../task/data-contract.ts';
import type { Layout, Parameters } from '../tensors/layout.ts';
import type { TaskResult } from './statistics/result.ts';

/** Plain data that can be stored and resumed: the weights, further vectors (momentum, …) and numbers. */
export interface ServerState {
  readonly parameters: Float32Array;
  readonly vectors: Readonly<Record<string, Float32Array>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** Sums whose bits beyond float32 matter, of algorithms that have such. */
  readonly wide?: Readonly<Record<string, Float64Array>>;
}

/** Plain data that an edge keeps between its rounds; null: none. It takes effect when its report is acknowledged, or where the server sums it, when its report has counted. */
export interface EdgeState {
  readonly vectors: Readonly<Record<string, Float32Array>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** What every selected edge is told beside the weights: small JSON. */
export type Broadcast = Readonly<Record<string, number | string | boolean | null>>;

/** What an edge holds for one task, read when it is asked for. */
export interface EdgeData {
  readonly contract: DataContract;
  /** As they stand in its files. */
  columns(): Promise<ColumnTable>;
  /** As training sees them, without those held back. */
  examples(): Promise<Examples>;
  /** A promise to await where other work of the device waits; undefined where none does. Asked now and then within long loops. */
  breathe?(): Promise<void> | undefined;
}

export interface EdgeContext<Config> {
  readonly config: Config;
  /** The base checkpoint; not to be changed. */
  readonly base: Float32Array;
  readonly broadcast: Broadcast;
  readonly state: EdgeState | null;
  /** The server state's vectors of the base version, for algorithms that need them; not to be changed. */
  readonly serverVectors?: ServerState['vectors'];
  readonly trainer: Trainer;
  /** What a task without a model computes from; its `trainer` serves nobody. */
  readonly data?: EdgeData;
  readonly random: RandomSource;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: TrainProgress) => void;
}

export interface EdgeOutcome {
  readonly statistic: Statistic;
  readonly nextState?: EdgeState;
}

/** What an algorithm demands of the house; the compatibility matrix reads it. */
export interface AlgorithmNeeds<Config = unknown> {
  /** Fields of the statistic for a model of this layout; without a model they follow from the task's settings and its data. */
  fields(layout: Layout, about?: { readonly config: Config; readonly data: DataContract; /** Of a report: `limits.maxWeight`. */ readonly maxWeight?: number }): readonly FieldSpec[];
  /** Exchanges within the reporting phase; plain rounds have one. */
  readonly stages: readonly string[];
  readonly edgeState: boolean;
  /**
   * True where the server's half keeps a sum of what edges keep: each edge must go on from what it kept with the last of its
   * reports that counted, and cannot begin anew. Not needed where it is left out.
   */
  readonly edgeStateIsSummed?: boolean;
  /** True where edges are given the vectors of the server state: as large a download as those are. Not needed where it is left out. */
  readonly serverVectors?: boolean;
  /** False where rounds have no common deadline (asynchronous algorithms). */
  readonly barrier: boolean;
}

/** What an algorithm that trains no model says in its place. */
export interface ModelFree<Config = unknown> {
  readonly reads: keyof EdgeData;
  /** Version 0, by which the layout of all versions is known. */
  initial(data: DataContract, config: Config): Parameters;
  /** The fewest edges whose reports a version may be made of. */
  leastEdges(config: Config): number;
  /** What does not fit the data: paths below `algorithm`. */
  problems(data: DataContract, config: Config): readonly { readonly path: string; readonly message: string }[];
  /** What is published of a version: plain JSON. null: no round has made it. */
  result(state: ServerState, data: DataContract, config: Config): TaskResult | null;
}

/** How reports count that come whenever they come. */
export interface Asynchrony {
  /** Edges that work at once, at most. */
  readonly concurrency: number;
  /** Versions that a report's base may lie behind the version that it moves. */
  readonly mostStaleness: number;
  /** What a report's weight is multiplied by: above 0, and 1 for one whose base is the newest version. */
  factor(staleness: number): number;
}

/** What an algorithm says whose edges each have a model of their own. */
export interface Personal<Config = unknown> {
  /** `part`: weights of the shared model that no report carries; `model`: a whole model beside the shared one. */
  readonly stays: 'part' | 'model';
  /** The model that an edge uses: in fresh memory, layout.size values. An edge without a state gets what it would begin with. */
  model(about: { readonly base: Float32Array; readonly state: EdgeState | null; readonly config: Config; readonly layout: Layout }): Float32Array;
}

export interface Algorithm<Config = unknown> {
  readonly name: string;
  /** One sentence for people, with the paper. */
  readonly summary: string;
  /** The task's `algorithm` setting but for its `name`: strict, every default filled in. */
  readonly config: z.ZodType<Config>;
  readonly needs: AlgorithmNeeds<Config>;
  /** Set where it trains no model: a task that uses it has none. */
  readonly modelFree?: ModelFree<Config>;
  /** Set where edges have models of their own. */
  readonly personal?: Personal<Config>;
  init(initial: Float32Array, config: Config): ServerState;
  plan(state: ServerState, round: number, config: Config): Broadcast;
  edge(context: EdgeContext<Config>): Promise<EdgeOutcome>;
  /** Pure: makes a new state, leaves the old one as it was. `layout`: the model's, for algorithms that share a part of it. */
  update(state: ServerState, merged: MergedStatistic, config: Config, layout?: Layout): ServerState;
  /** Of algorithms without a barrier, and of these alone. */
  asynchrony?(config: Config): Asynchrony;
}
