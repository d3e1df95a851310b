/**
 * What an edge forwards. Everything that travels upward is a statistic: a weight and
 * named fields, each with a dtype, a shape and the monoid by which it merges.
 */
import { sizeOf } from '../tensors/layout.ts';

/** How a field merges. The first two are linear: codecs, clipping, noise and secure aggregation touch these alone. */
export type Monoid = 'sum' | 'weighted-mean' | 'min' | 'max' | 'moments' | 'comoments';
export type FieldDtype = 'float32' | 'float64';
export type FieldValues = Float32Array | Float64Array;

export interface FieldSpec {
  readonly name: string;
  readonly monoid: Monoid;
  readonly dtype: FieldDtype;
  readonly shape: readonly number[];
  /** What each value must be beside finite; nothing unless said. */
  readonly range?: FieldRange;
  /** Stands beside what is learned, as an evaluation does: no part of a report's norm, and nothing to clip, to compress or to vote on. */
  readonly aside?: boolean;
}

export interface FieldRange {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly whole?: boolean;
  /** It is the report's own weight: where the server sets both against each other, a lie about one would move everybody's. */
  readonly isWeight?: boolean;
}

/** What a task's statistics look like: a report is checked against it whole before its first value is merged. */
export interface StatisticSchema {
  readonly fields: readonly FieldSpec[];
  /** Weights lie in (0, maxWeight]. */
  readonly maxWeight: number;
  /** Euclidean norm over all linear fields larger than scalars but those that stand aside; null: no bound. */
  readonly maxNorm: number | null;
}

/** A weighted-mean field travels unweighted; the accumulator multiplies by the weight. */
export interface Statistic {
  readonly weight: number;
  readonly fields: Readonly<Record<string, FieldValues>>;
}

/** What is left when all statistics have merged; weighted-mean fields are divided by `weight`. */
export interface MergedStatistic {
  /** Sum of the weights of all contributions. */
  readonly weight: number;
  /** Number of contributions. */
  readonly count: number;
  readonly fields: Readonly<Record<string, FieldValues>>;
}

/** Whether a field counts in a report's norm: linear, larger than a scalar, and not aside. */
export function isMeasured({ monoid, shape, aside = false }: FieldSpec): boolean {
  return !aside && isLinear(monoid) && sizeOf(shape) > 1;
}

export function isLinear(monoid: Monoid): boolean {
  return monoid === 'sum' || monoid === 'weighted-mean';
}
