/**
 * Loops over whole models. Each runs in blocks of a small function of its own: a function that loops over millions in one
 * call is compiled while it runs and thrown out of that code where the loop ends, each time anew (so it goes with a loop
 * within an async function, too); one that is called for each block is compiled once.
 */

/** Elements a turn of an inner loop, and of a block. The last block is a shorter one: a small model is all of it. */
const TURN = 4;
const BLOCK = 256 * TURN;

/** values −= other, in place. Both have the same length. */
export function subtract(values: Float32Array, other: Float32Array): void {
  const whole = values.length - (values.length % TURN);
  for (let from = 0; from < whole; from += BLOCK) subtractBlock(values, other, from, Math.min(from + BLOCK, whole));
  for (let i = whole; i < values.length; i++) values[i] -= other[i];
}

/** start + step · direction in fresh memory, computed in float64 and rounded once. All have the same length. */
export function moved(start: Float32Array, direction: Float32Array | Float64Array, step: number): Float32Array<ArrayBuffer> {
  const end = new Float32Array(start.length);
  const whole = end.length - (end.length % TURN);
  if (direction instanceof Float32Array) {
    for (let from = 0; from < whole; from += BLOCK) moveBlock32(end, start, direction, step, from, Math.min(from + BLOCK, whole));
  } else {
    for (let from = 0; from < whole; from += BLOCK) moveBlock64(end, start, direction, step, from, Math.min(from + BLOCK, whole));
  }
  for (let i = whole; i < end.length; i++) end[i] = start[i] + step * direction[i];
  return end;
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

// The same twice: a function that sees two kinds of arrays is fast with neither.
function moveBlock32(end: Float32Array, start: Float32Array, direction: Float32Array, step: number, from: number, to: number): void {
  for (let i = from; i < to; i += 4) {
    end[i] = start[i] + step * direction[i];
    end[i + 1] = start[i + 1] + step * direction[i + 1];
    end[i + 2] = start[i + 2] + step * direction[i + 2];
    end[i + 3] = start[i + 3] + step * direction[i + 3];
  }
}

function moveBlock64(end: Float32Array, start: Float32Array, direction: Float64Array, step: number, from: number, to: number): void {
  for (let i = from; i < to; i += 4) {
    end[i] = start[i] + step * direction[i];
    end[i + 1] = start[i + 1] + step * direction[i + 1];
    end[i + 2] = start[i + 2] + step * direction[i + 2];
    end[i + 3] = start[i + 3] + step * direction[i + 3];
  }
}
