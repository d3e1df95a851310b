/** Σ weight · values, divided by Σ weight at the end. */
import { addScaled } from './add-scaled.ts';
import type { MonoidOperations } from './monoid.ts';

export const weightedMean: MonoidOperations = {
  name: 'weighted-mean',
  create: (size) => new Float64Array(size),
  add: addScaled,
  merge: (partial, other) => addScaled(partial, other, 1),
  finish: (partial, weight, dtype) => (dtype === 'float32' ? divided32(partial, weight) : divided64(partial, weight)),
};

/** Elements a call of the inner loop; sum-of-squares.ts says why there are blocks. */
const BLOCK = 1024;

function divided32(partial: Float64Array, weight: number): Float32Array {
  const mean = new Float32Array(partial.length);
  for (let from = 0; from < mean.length; from += BLOCK) divideBlock32(mean, partial, weight, from, Math.min(from + BLOCK, mean.length));
  return mean;
}

function divided64(partial: Float64Array, weight: number): Float64Array {
  return partial.map((value) => value / weight);
}

function divideBlock32(mean: Float32Array, partial: Float64Array, weight: number, from: number, to: number): void {
  for (let i = from; i < to; i++) mean[i] = partial[i] / weight;
}
