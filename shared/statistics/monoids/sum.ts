/** Adds the values as they are; the weight plays no part. Comes back as float64, since sums outgrow float32. */
import { addScaled } from './add-scaled.ts';
import type { MonoidOperations } from './monoid.ts';

export const sum: MonoidOperations = {
  name: 'sum',
  create: (size) => new Float64Array(size),
  add: (partial, values) => addScaled(partial, values, 1),
  merge: (partial, other) => addScaled(partial, other, 1),
  finish: (partial) => partial.slice(),
};
