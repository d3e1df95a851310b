/**
 * What rules ask of reports, in plain loops: the reference beside the coordinator's kernels, in the fault seeds (where it must round as they
 * do) and in the benchmark (where it must be as fast as such loops get).
 */
import type { Center, ReportedVectors } from '../shared/aggregation/rule.ts';

export function plainVectors(rows: readonly Float32Array[], weights: readonly number[]): ReportedVectors {
  const count = rows.length;
  const size = rows[0].length;
  const everyColumn = (chosen: readonly Float32Array[], meanOf: (sorted: Float32Array) => number): Float32Array => {
    const means = new Float32Array(size);
    const column = new Float32Array(chosen.length);
    for (let i = 0; i < size; i++) {
      for (let row = 0; row < column.length; row++) column[row] = chosen[row][i];
      means[i] = meanOf(column.sort());
    }
    return means;
  };
  const measure = (center: Float32Array): Float64Array => Float64Array.from(rows, (row) => squaredDistance(row, center));
  const combine = (factors: readonly number[], center?: Center): Float32Array => {
    const sums = new Float64Array(size);
    if (center) addTo(sums, center.vector, center.own);
    rows.forEach((row, i) => {
      if (factors[i] !== 0) addTo(sums, row, factors[i]);
    });
    return Float32Array.from(sums);
  };
  return {
    count, size, weights,
    meanOfRanks: async (first, last) => everyColumn(rows, (sorted) => meanBetween(sorted, first, last)),
    meanNearMedian: async (chosen, keep) => everyColumn(chosen.map((i) => rows[i]), (sorted) => nearMedian(sorted, keep)),
    async distances() {
      const squared = new Float64Array(count * count);
      for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) squared[i * count + j] = squared[j * count + i] = narrowDistance(rows[i], rows[j]);
      return squared;
    },
    distancesTo: async (center) => measure(center ?? new Float32Array(size)),
    combine: async (factors, center) => combine(factors, center),
    async combineAndMeasure(factors, center) {
      const vector = combine(factors, center);
      return { vector, squared: measure(vector) };
    },
  };
}

function meanBetween(sorted: Float32Array, first: number, last: number): number {
  let sum = 0;
  for (let rank = first; rank <= last; rank++) sum += sorted[rank];
  return sum / (last - first + 1);
}

/** Leaves out whichever end lies further from the median, until so many are left. */
function nearMedian(sorted: Float32Array, keep: number): number {
  const { length } = sorted;
  const median = (sorted[(length - 1) >> 1] + sorted[length >> 1]) / 2;
  let [first, last] = [0, length - 1];
  while (last - first + 1 > keep) {
    if (median - sorted[first] > sorted[last] - median) first++;
    else last--;
  }
  return meanBetween(sorted, first, last);
}

function addTo(sums: Float64Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) sums[i] += factor * values[i];
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** The kernels take differences of pairs in float32; of fewer than four values they add up the squares as here. */
function narrowDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.fround(a[i] - b[i]) ** 2;
  return sum;
}
