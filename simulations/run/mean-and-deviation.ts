/** Samples of a few seeds as one number and how far they lie apart. */

export interface MeanAndDeviation {
  readonly samples: number;
  readonly mean: number;
  /** Sample standard deviation (n − 1); null for a single sample, which says nothing of it. */
  readonly deviation: number | null;
}

/** Null without samples. */
export function meanAndDeviation(samples: readonly number[]): MeanAndDeviation | null {
  if (samples.length === 0) return null;
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  if (samples.length === 1) return { samples: 1, mean, deviation: null };
  const squares = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { samples: samples.length, mean, deviation: Math.sqrt(squares / (samples.length - 1)) };
}
