/**
 * Loops over whole models. Each runs in blocks of a small function of its own: a function that loops over millions in one
 * call is compiled while it runs and thrown out of that code where the loop ends, each time anew (so it goes with a loop
 * within an async function, too); one that is called for each block is compiled once.
 */

/** Elements; a multiple of 4. */
const BLOCK = 1024;

/** values −= other, in place. Both have the same length. */
export function subtract(values: Float32Array, other: Float32Array): void {
  const whole = values.length - (values.length % BLOCK);
  for (let from = 0; from < whole; from += BLOCK) subtractBlock(values, other, from, from + BLOCK);
  for (let i = whole; i < values.length; i++) values[i] -= other[i];
}

// Several elements a turn: the loop's own overhead otherwise takes half of the time.
function subtractBlock(values: Float32Array, other: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i += 4) {
    values[i] -= other[i];
    values[i + 1] -= other[i + 1];
    values[i + 2] -= other[i + 2];
    values[i + 3] -= other[i + 3];
  }
}
