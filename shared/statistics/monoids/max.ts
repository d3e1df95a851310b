/** The largest value of each element. */
import type { MonoidOperations } from './monoid.ts';

function keepLarger(partial: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < partial.length; i++) partial[i] = Math.max(partial[i], values[i]);
}

export const max: MonoidOperations = {
  name: 'max',
  create: (size) => new Float64Array(size).fill(-Infinity),
  add: keepLarger,
  merge: keepLarger,
  finish: (partial, _weight, dtype) => (dtype === 'float32' ? Float32Array.from(partial) : partial.slice()),
};
