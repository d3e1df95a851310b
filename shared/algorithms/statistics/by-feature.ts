/** What was learned in closed form, laid out for people: a row a feature, by its name. */
import type { KMeansResult, PcaResult, RidgeResult } from './result.ts';

/** More rows or columns than these nobody reads; all of them come as JSON. */
const FEATURES_SHOWN = 40;
const COLUMNS_SHOWN = 10;

export interface ByFeature {
  readonly title: string;
  /** A target, a cluster or a component each. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly feature: string; readonly values: readonly number[] }[];
}

/** Null where features have no names (pixels), or where there are too many for a table. */
export function layOutByFeature(result: RidgeResult | KMeansResult | PcaResult): ByFeature | null {
  const [title, columns, vectors] = partsOf(result);
  const { features } = result;
  if (features === null || features.length > FEATURES_SHOWN || columns.length > COLUMNS_SHOWN) return null;
  return { title, columns, rows: features.map((feature, i) => ({ feature, values: vectors.map((vector) => vector[i]) })) };
}

function partsOf(result: RidgeResult | KMeansResult | PcaResult): [title: string, columns: readonly string[], vectors: readonly (readonly number[])[]] {
  switch (result.kind) {
    case 'ridge':
      return ['Weights', result.targets.map(({ name }) => name), result.targets.map(({ weights }) => weights)];
    case 'kmeans':
      return ['Centres', result.clusters.map((_, i) => `cluster ${i}`), result.clusters.map(({ centre }) => centre)];
    case 'pca':
      return ['Directions', result.components.map((_, i) => `component ${i + 1}`), result.components.map(({ vector }) => vector)];
  }
}
