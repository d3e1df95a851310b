/** What is published of a task without a model: plain JSON, the same for the command line, the page and other programs. */
import type { PublishedMeasures } from './measures/registry.ts';

/** Why a number is withheld. */
export interface Withheld {
  readonly code: 'too_few_edges';
  readonly message: string;
}

export interface ColumnResult {
  readonly column: string;
  readonly type: 'numeric' | 'categorical';
  /** Set where too few edges have the column: nothing else is said of it then. */
  readonly withheld?: Withheld;
  /** Edges that have it. */
  readonly edges?: number;
  /** Values that are there, and that are missing. */
  readonly count?: number;
  readonly missing?: number;
  readonly measures?: PublishedMeasures;
}

export interface CovarianceResult {
  /** Names, or of images `pixels 0`, `pixels 1`, …; the order of rows and columns. */
  readonly columns: readonly string[];
  readonly withheld?: Withheld;
  /** Rows without a missing value, on which all of it rests. */
  readonly rows?: number;
  readonly means?: readonly number[];
  /** Of the values at hand: Σ (x − mean)(y − mean) / n. */
  readonly covariance?: readonly (readonly number[])[];
}

export interface StatisticsResult {
  readonly kind: 'statistics';
  /** Edges whose reports are in it, and the fewest that there may be. */
  readonly edges: number;
  readonly leastEdges: number;
  readonly rows: number;
  readonly columns: readonly ColumnResult[];
  readonly covariance: CovarianceResult | null;
}

/** One kind for each algorithm without a model; `kind` tells them apart. */
export type TaskResult = StatisticsResult;
