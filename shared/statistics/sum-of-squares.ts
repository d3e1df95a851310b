/**
 * Σ x², one pass: the norm of a field, and whether every value of it is finite.
 *
 * Written for the engine's optimizer: one loop for each dtype (a loop that sees both kinds runs several times
 * slower), four sums (an addition need not wait for the one before it), and blocks. A function that loops over
 * millions in one call is compiled while it runs and thrown out of that code where the loop ends, each time anew;
 * one that is called for each block, and holds nothing but its loop, is compiled once, whole.
 */
import type { FieldValues } from './statistic.ts';

/** Elements a turn of an inner loop, and of a block. The last block is a shorter one: a small model is all of it. */
const TURN = 4;
const BLOCK = 256 * TURN;

/** NaN and infinity survive squaring and adding: a finite result shows that every value is finite. */
export function sumOfSquares(values: FieldValues): number {
  const whole = values.length - (values.length % TURN);
  let sum = 0;
  if (values instanceof Float32Array) {
    for (let from = 0; from < whole; from += BLOCK) sum += blockOfSquares32(values, from, Math.min(from + BLOCK, whole));
  } else {
    for (let from = 0; from < whole; from += BLOCK) sum += blockOfSquares64(values, from, Math.min(from + BLOCK, whole));
  }
  for (let i = whole; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

function blockOfSquares32(values: Float32Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = from; i < to; i += 4) {
    a += values[i] * values[i];
    b += values[i + 1] * values[i + 1];
    c += values[i + 2] * values[i + 2];
    d += values[i + 3] * values[i + 3];
  }
  return a + b + (c + d);
}

function blockOfSquares64(values: Float64Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = from; i < to; i += 4) {
    a += values[i] * values[i];
    b += values[i + 1] * values[i + 1];
    c += values[i + 2] * values[i + 2];
    d += values[i + 3] * values[i + 3];
  }
  return a + b + (c + d);
}
