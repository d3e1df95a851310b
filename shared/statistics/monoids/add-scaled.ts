/**
 * sum += weight · values, the loop through which every report goes.
 *
 * The sum is float64: a product of float32 and weight is rounded once to 53 bits, so after
 * n additions the error is below (n + 1) · 2^-53 · Σ|w·x|, in whatever order: 10^-12 for 10,000 reports.
 */
import type { FieldValues } from '../statistic.ts';

export function addScaled(sum: Float64Array, values: FieldValues, weight: number): void {
  // One loop for each dtype keeps both monomorphic; mixed, they run several times slower.
  if (values instanceof Float32Array) addScaled32(sum, values, weight);
  else addScaled64(sum, values, weight);
}

// Eight elements a turn: the loop's own overhead otherwise takes half of the time.
function addScaled32(sum: Float64Array, values: Float32Array, weight: number): void {
  const whole = values.length - (values.length % 8);
  let i = 0;
  for (; i < whole; i += 8) {
    sum[i] += weight * values[i];
    sum[i + 1] += weight * values[i + 1];
    sum[i + 2] += weight * values[i + 2];
    sum[i + 3] += weight * values[i + 3];
    sum[i + 4] += weight * values[i + 4];
    sum[i + 5] += weight * values[i + 5];
    sum[i + 6] += weight * values[i + 6];
    sum[i + 7] += weight * values[i + 7];
  }
  for (; i < values.length; i++) sum[i] += weight * values[i];
}

function addScaled64(sum: Float64Array, values: Float64Array, weight: number): void {
  const whole = values.length - (values.length % 4);
  let i = 0;
  for (; i < whole; i += 4) {
    sum[i] += weight * values[i];
    sum[i + 1] += weight * values[i + 1];
    sum[i + 2] += weight * values[i + 2];
    sum[i + 3] += weight * values[i + 3];
  }
  for (; i < values.length; i++) sum[i] += weight * values[i];
}
