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
  /** Set where too few edges have the column, or a value in it: nothing else is said of it then. */
  readonly withheld?: Withheld;
  /** Edges that have a value in it; where none has, those that have the column. */
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

export interface RidgeResult {
  readonly kind: 'ridge';
  readonly edges: number;
  readonly leastEdges: number;
  readonly rows: number;
  /** Names of the numbers of an example, in the order in which a model would see them; null where they have none. */
  readonly features: readonly string[] | null;
  readonly penalty: number;
  /** One a class, or the one number. */
  readonly targets: readonly {
    readonly name: string;
    readonly intercept: number;
    /** In the order of the features as a model would see them. */
    readonly weights: readonly number[];
    /** Over the examples that it was computed from. */
    readonly meanSquaredError: number;
    /** R²: the share of the variance that the model explains; null where there is none to explain. */
    readonly explained: number | null;
  }[];
}

export interface KMeansResult {
  readonly kind: 'kmeans';
  readonly edges: number;
  readonly leastEdges: number;
  readonly rows: number;
  /** Names of the numbers of an example, in the order in which a model would see them; null where they have none. */
  readonly features: readonly string[] | null;
  /** Of this version; a cluster that had no examples, or those of too few edges, is the split half of another. */
  readonly clusters: readonly { readonly count: number; readonly edges: number; readonly centre: readonly number[] }[];
  /** How many the task asks for: while there are fewer, each round splits those there are. */
  readonly wanted: number;
  /** Mean squared distance of the examples to the centres that they were assigned by in this round. */
  readonly inertia: number;
  /** How far the centre went that went furthest. */
  readonly shift: number;
}

export interface PcaResult {
  readonly kind: 'pca';
  readonly edges: number;
  readonly leastEdges: number;
  readonly rows: number;
  /** Names of the numbers of an example, in the order in which a model would see them; null where they have none. */
  readonly features: readonly string[] | null;
  readonly means: readonly number[];
  /** The largest first. `share`: of the variance in all. */
  readonly components: readonly { readonly variance: number; readonly share: number; readonly vector: readonly number[] }[];
  readonly variance: number;
  /** Sine of the largest angle by which the subspace turned in this round; 0 where one round is all. */
  readonly turned: number;
}

/** One kind for each algorithm without a model; `kind` tells them apart. */
export type TaskResult = StatisticsResult | RidgeResult | KMeansResult | PcaResult;
