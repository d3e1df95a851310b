/**
 * Count, means and co-moments of d columns in one vector: [n, d means, the upper triangle of Σ (x − mean)(x − mean)ᵀ,
 * row by row]. Merged as `moments` are, with the products of two columns in place of squares
 * (Pébay 2008, "Formulas for Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical Moments").
 */
import type { FieldValues } from '../statistic.ts';
import type { MonoidOperations } from './monoid.ts';

const LARGEST_MEAN = 2 ** 400;
const LARGEST_SQUARES = 2 ** 900;

/** Values of the vector for d columns. */
export const comomentsSize = (columns: number): number => 1 + columns + (columns * (columns + 1)) / 2;

/** d of a vector of that size; null: there is none. */
export function comomentsWidth(size: number): number | null {
  const width = Math.round((Math.sqrt(9 + 8 * (size - 1)) - 3) / 2);
  return width >= 1 && comomentsSize(width) === size ? width : null;
}

function mergeVectors(partial: Float64Array, other: ArrayLike<number>): void {
  const [n, m] = [partial[0], other[0]];
  if (m === 0) return;
  if (n === 0) {
    for (let i = 0; i < partial.length; i++) partial[i] = other[i];
    return;
  }
  const width = comomentsWidth(partial.length) ?? 0;
  const apart = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    apart[i] = partial[1 + i] - other[1 + i];
    partial[1 + i] = (n * partial[1 + i] + m * other[1 + i]) / (n + m);
  }
  const factor = (n * m) / (n + m);
  let at = 1 + width;
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++) {
      partial[at] = partial[at] + other[at] + apart[i] * apart[j] * factor;
      at++;
    }
  }
  partial[0] = n + m;
}

export const comoments: MonoidOperations = {
  name: 'comoments',
  create: (size) => new Float64Array(size),
  add: mergeVectors,
  merge: mergeVectors,
  finish: (partial) => partial.slice(),
  check(values: FieldValues) {
    const width = comomentsWidth(values.length);
    if (width === null) return `${values.length} values are no count, means and triangle`;
    const n = values[0];
    if (!(Number.isInteger(n) && n >= 0 && n <= 2 ** 53)) return `${n} is no count`;
    if (n === 0 && values.some((value: number) => value !== 0)) return 'no rows, and means or products of them';
    for (let i = 1; i <= width; i++) if (!(Math.abs(values[i]) <= LARGEST_MEAN)) return `the mean ${values[i]} at index ${i} is beyond all measure`;
    return triangleProblem(values, width);
  },
};

/** Squares are none below zero, and no product is larger than its two squares allow (Cauchy–Schwarz). */
function triangleProblem(values: FieldValues, width: number): string | null {
  const roots = new Float64Array(width);
  for (let i = 0, at = 1 + width; i < width; at += width - i, i++) {
    if (!(values[at] >= 0 && values[at] <= LARGEST_SQUARES)) return `${values[at]} at index ${at} is no sum of squares`;
    roots[i] = Math.sqrt(values[at]);
  }
  let at = 1 + width;
  for (let i = 0; i < width; i++) {
    for (let j = i; j < width; j++, at++) {
      const most = roots[i] * roots[j];
      // Rounding of n additions, generously; squares below 10^-308 are lost where products are not.
      if (!(Math.abs(values[at]) <= most * (1 + 1e-6) + 1e-150 * (1 + roots[i] + roots[j]))) return `the product ${values[at]} at index ${at} is larger than its columns' squares allow`;
    }
  }
  return null;
}

export interface Comoments {
  /** Grows with each row. */
  readonly vector: Float64Array;
  /** A row with a NaN is left out. */
  add(row: Float64Array): void;
}

/** The vector of rows given one after the other, by Welford's updates. */
export function startComoments(width: number): Comoments {
  const vector = new Float64Array(comomentsSize(width));
  const before = new Float64Array(width);
  return {
    vector,
    add(row) {
      for (let i = 0; i < width; i++) if (Number.isNaN(row[i])) return;
      const n = vector[0] + 1;
      vector[0] = n;
      for (let i = 0; i < width; i++) {
        before[i] = row[i] - vector[1 + i];
        vector[1 + i] += before[i] / n;
      }
      addProducts(vector, before, (n - 1) / n);
    },
  };
}

function addProducts(vector: Float64Array, before: Float64Array, factor: number): void {
  const width = before.length;
  let at = 1 + width;
  for (let i = 0; i < width; i++) {
    const left = before[i] * factor;
    // A pixel that is the same everywhere has nothing to add.
    if (left === 0) {
      at += width - i;
      continue;
    }
    for (let j = i; j < width; j++) vector[at++] += left * before[j];
  }
}
