/** The little statistics that readings are made of: robust ones, since what they look for is what spoils a mean. */

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** NaN where there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Of an even number the lower of the two in the middle, NaN where there are none: at least half of the values are as high. */
export const lowerMedian = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? NaN;

/** At least half of the values are as low. */
export const upperMedian = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

/** The value below which a share of them lies, the nearest one. */
export const quantile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.round(share * (values.length - 1))] ?? NaN;

/** The median distance from the median, scaled so that it is the standard deviation of normal values. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
}

/** Least squares: by how much the values change from one to the next. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const level = mean(values);
  let products = 0;
  let squares = 0;
  for (const [i, value] of values.entries()) {
    products += (i - middle) * (value - level);
    squares += (i - middle) ** 2;
  }
  return products / squares;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

export const length = (values: ArrayLike<number>): number => Math.sqrt(dot(values, values));

/** Null where one of them is nothing. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const lengths = length(a) * length(b);
  return lengths > 0 && Number.isFinite(lengths) ? dot(a, b) / lengths : null;
}

export const isNumber = (value: number | null | undefined): value is number => typeof value === 'number' && Number.isFinite(value);
