/**
 * Loops over whole models. Each runs in blocks of a small function of its own: a function that loops over millions in one
 * call is compiled while it runs and thrown out of that code where the loop ends, each time anew (so it goes with a loop
 * within an async function, too); one that is called for each block is compiled once.
 */

/** Elements. */
const BLOCK = 1024;

/** values −= other, in place. Both have the same length. */
export function subtract(values: Float32Array, other: Float32Array): void {
  for (let from = 0; from < values.length; from += BLOCK) subtractBlock(values, other, from, Math.min(from + BLOCK, values.length));
}

/** from + step · direction in fresh memory, computed in float64 and rounded once. All have the same length. */
export function moved(start: Float32Array, direction: Float32Array | Float64Array, step: number): Float32Array<ArrayBuffer> {
  const end = new Float32Array(start.length);
  const moveBlock = direction instanceof Float32Array ? moveBlock32 : moveBlock64;
  for (let from = 0; from < end.length; from += BLOCK) moveBlock(end, start, direction as Float32Array & Float64Array, step, from, Math.min(from + BLOCK, end.length));
  return end;
}

function subtractBlock(values: Float32Array, other: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) values[i] -= other[i];
}

// The same twice: a function that sees two kinds of arrays is fast with neither.
function moveBlock32(end: Float32Array, start: Float32Array, direction: Float32Array, step: number, from: number, to: number): void {
  for (let i = from; i < to; i++) end[i] = start[i] + step * direction[i];
}

function moveBlock64(end: Float32Array, start: Float32Array, direction: Float64Array, step: number, from: number, to: number): void {
  for (let i = from; i < to; i++) end[i] = start[i] + step * direction[i];
}
