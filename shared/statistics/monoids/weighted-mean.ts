/** Σ weight · values, divided by Σ weight at the end. */
import { addScaled } from './add-scaled.ts';
import type { MonoidOperations } from './monoid.ts';

export const weightedMean: MonoidOperations = {
  name: 'weighted-mean',
  create: (size) => new Float64Array(size),
  add: addScaled,
  merge: (partial, other) => addScaled(partial, other, 1),
  finish(partial, weight, dtype) {
    const mean = dtype === 'float32' ? new Float32Array(partial.length) : new Float64Array(partial.length);
    for (let i = 0; i < partial.length; i++) mean[i] = partial[i] / weight;
    return mean;
  },
};
