/**
 * How the reports of a round become one statistic. One file a rule; `registry.ts` lists them; `test/conformance/aggregation-rule.ts`
 * tries them all. A rule works on the fields that count in a report's norm (linear, larger than scalars, not aside), laid one behind
 * the other; all others merge by their monoids.
 */
import type { z } from 'zod';

/** The vectors of a round's reports, in an order that does not depend on when they came. */
export interface ReportedVectors {
  /** Reports. */
  readonly count: number;
  /** Values of each. */
  readonly size: number;
  /** As their senders say. */
  readonly weights: readonly number[];
  /** For each value the mean over the reports of the ranks first … last, both included and counted from the lowest. */
  meanOfRanks(first: number, last: number): Promise<Float32Array>;
  /** For each value the mean over the `keep` of the chosen reports that lie nearest to their median. */
  meanNearMedian(chosen: readonly number[], keep: number): Promise<Float32Array>;
  /** Squared distances of each two, `[i * count + j]`; infinite beyond all measure. */
  distances(): Promise<Float64Array>;
  /** Squared distance of each to a point; null: to the origin. */
  distancesTo(center: Float32Array | null): Promise<Float64Array>;
  /** Σ factors[i] · vector i, and `own` times the centre where there is one. */
  combine(factors: readonly number[], center?: Center): Promise<Float32Array>;
  /** The same, and the squared distance of each from what came out, in one pass. */
  combineAndMeasure(factors: readonly number[], center?: Center): Promise<{ readonly vector: Float32Array; readonly squared: Float64Array }>;
}

export interface Center {
  readonly vector: Float32Array;
  readonly own: number;
}

/** Fewest reports with which a rule withstands the attackers that it is told of. */
export interface Bound {
  readonly reports: number;
  /** For people: `2f + 1`. */
  readonly formula: string;
}

/**
 * `sum`: reports merge as they arrive, each scaled down to a largest Euclidean norm before (null: as it is).
 * `reports`: it must see all of them.
 */
export type RuleNeeds = { readonly kind: 'sum'; readonly largestNorm: number | null } | { readonly kind: 'reports' };

export interface AggregationRule<Settings = unknown> {
  readonly name: string;
  /** One sentence for people, with the paper. */
  readonly summary: string;
  /** What a task says of it under `aggregation`, its name as `rule` among it: strict, every default filled in. */
  readonly settings: z.ZodType<Settings>;
  needs(settings: Settings): RuleNeeds;
  bound(settings: Settings): Bound;
  /** Whether it compares each two reports, so that its work grows with their square. */
  readonly pairwise: boolean;
  /** Whether it begins where it ended in the round before. */
  readonly remembers: boolean;
  /**
   * What the reports come to; finite where they are.
   * @param last what it gave for the version before; null: nothing is known of it
   */
  combine(vectors: ReportedVectors, settings: Settings, last: Float32Array | null): Promise<Float32Array>;
}

/** Of a rule that breaks where half of the reports, or more, are wrong. */
export const majorityOf = (attackers: number): Bound => ({ reports: 2 * attackers + 1, formula: '2f + 1' });

/** Of an even number the lower one of the two in the middle: half of the reports can lie and not raise it. */
export function lowerMedian(values: ArrayLike<number>): number {
  return Float64Array.from(values).sort()[(values.length - 1) >> 1];
}
