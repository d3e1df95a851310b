/**
 * Count, mean and sum of squared deviations, three numbers for each of any number of columns: [n, mean, M2, n, mean, …].
 *
 * They merge without the cancellation that Σx² − (Σx)²/n suffers where the deviation is small beside the mean
 * (Chan, Golub, LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances"):
 * the relative error of the variance stays near 2^-53 for each merge, plus (2^-53 · mean / deviation)².
 */
import type { FieldValues } from '../statistic.ts';
import type { MonoidOperations } from './monoid.ts';

/** Beyond these, products could leave float64. */
const LARGEST_MEAN = 2 ** 400;
const LARGEST_SQUARES = 2 ** 900;

function mergeTriples(partial: Float64Array, other: ArrayLike<number>): void {
  for (let i = 0; i < partial.length; i += 3) {
    const [n, m] = [partial[i], other[i]];
    if (m === 0) continue;
    if (n === 0) {
      for (let j = i; j < i + 3; j++) partial[j] = other[j];
      continue;
    }
    const apart = partial[i + 1] - other[i + 1];
    // Written so that the two sides can be exchanged and not a bit changes.
    partial[i + 1] = (n * partial[i + 1] + m * other[i + 1]) / (n + m);
    partial[i + 2] = partial[i + 2] + other[i + 2] + apart * apart * ((n * m) / (n + m));
    partial[i] = n + m;
  }
}

export const moments: MonoidOperations = {
  name: 'moments',
  create: (size) => new Float64Array(size),
  add: mergeTriples,
  merge: mergeTriples,
  finish: (partial) => partial.slice(),
  check(values: FieldValues) {
    if (values.length % 3 !== 0) return `${values.length} values are no triples`;
    for (let i = 0; i < values.length; i += 3) {
      const [n, mean, squares] = [values[i], values[i + 1], values[i + 2]];
      if (!(Number.isInteger(n) && n >= 0 && n <= 2 ** 53)) return `${n} at index ${i} is no count`;
      if (!(squares >= 0 && squares <= LARGEST_SQUARES)) return `${squares} at index ${i + 2} is no sum of squares`;
      if (!(Math.abs(mean) <= LARGEST_MEAN)) return `the mean ${mean} at index ${i + 1} is beyond all measure`;
      if (n === 0 && (mean !== 0 || squares !== 0)) return `no values at index ${i}, and a mean or a deviation of them`;
    }
    return null;
  },
};

/** [n, mean, M2] of the values that are not NaN, by Welford's updates (1962). */
export function momentsOf(each: (visit: (value: number) => void) => void): Float64Array {
  let [n, mean, squares] = [0, 0, 0];
  each((value) => {
    n++;
    const apart = value - mean;
    mean += apart / n;
    squares += apart * (value - mean);
  });
  return Float64Array.of(n, mean, Math.max(0, squares));
}
