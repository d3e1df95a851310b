/** The smallest value of each element. */
import type { MonoidOperations } from './monoid.ts';

function keepSmaller(partial: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < partial.length; i++) partial[i] = Math.min(partial[i], values[i]);
}

export const min: MonoidOperations = {
  name: 'min',
  create: (size) => new Float64Array(size).fill(Infinity),
  add: keepSmaller,
  merge: keepSmaller,
  finish: (partial, _weight, dtype) => (dtype === 'float32' ? Float32Array.from(partial) : partial.slice()),
};
