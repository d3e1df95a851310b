/** What rules ask of reports, in plain loops over a few values: the reference beside the coordinator's kernels, rounded where they round. */
import type { Center, ReportedVectors } from '../../shared/aggregation/rule.ts';

export function plainVectors(rows: readonly Float32Array[], weights: readonly number[]): ReportedVectors {
  const size = rows[0].length;
  const columns = (chosen: readonly number[]): number[][] => Array.from({ length: size }, (_, i) => chosen.map((row) => rows[row][i]).sort((a, b) => a - b));
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const measure = (center: ArrayLike<number>): Float64Array => Float64Array.from(rows, (row) => row.reduce((sum, value, i) => sum + (value - center[i]) ** 2, 0));
  const combine = (factors: readonly number[], center?: Center): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => rows.reduce((sum, row, n) => sum + factors[n] * row[i], center ? center.own * center.vector[i] : 0));
  return {
    count: rows.length, size, weights,
    meanOfRanks: async (first, last) => Float32Array.from(columns(rows.map((_, row) => row)), (sorted) => meanOf(sorted.slice(first, last + 1))),
    meanNearMedian: async (chosen, keep) =>
      Float32Array.from(columns(chosen), (sorted) => {
        const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
        return meanOf(sorted.toSorted((a, b) => Math.abs(a - median) - Math.abs(b - median)).slice(0, keep).sort((a, b) => a - b));
      }),
    distances: async () => Float64Array.from({ length: rows.length ** 2 }, (_, at) => distanceOf(rows[Math.floor(at / rows.length)], rows[at % rows.length])),
    distancesTo: async (center) => measure(center ?? new Float32Array(size)),
    combine: async (factors, center) => combine(factors, center),
    async combineAndMeasure(factors, center) {
      const vector = combine(factors, center);
      return { vector, squared: measure(vector) };
    },
  };
}

/** Fewer than four values: the kernels take each difference in float32, and its square in float64. */
function distanceOf(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.fround(value - b[i]) ** 2, 0);
}
