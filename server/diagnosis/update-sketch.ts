/**
 * An update as 256 numbers, by which directions are compared without any update being kept. A sparse random projection
 * (Johnson and Lindenstrauss 1984; as a sum of signed values by place: Weinberger et al. 2009, "Feature Hashing"): row by row
 * of 256 values, each row turned by an offset of its own, each value with a sign of its own. It is linear, and its inner
 * products are those of the vectors on the average, with a standard error of at most |x|·|y| · √(2/256): 0.09 of a cosine, and
 * 0.06 where the two have nothing in common.
 *
 * Of a large vector every so many rows are taken, spread over all of it: a quarter of a million values say as much of a direction as
 * all of them, and a report must not cost more to look at than to merge.
 *
 * Signs come from a table that is read from a place drawn for each row: to draw each of a million would cost more than all else.
 */
import { mixBits } from '../../shared/mix-bits.ts';
import type { RandomSource } from '../../shared/random.ts';

export const SKETCH_SIZE = 256;

/** Signs, a few hundred times as many as a row needs. */
const TABLE = 65_536;

/** Rows that are taken: models of up to 262,144 weights are taken whole. */
const MOST_ROWS = 1024;

/** Seeds the rows: an odd number whose multiples are spread well (Knuth). */
const STEP = 0x9e3779b9 | 0;

/** Sketches by one sketcher can be compared with each other. @param random draws the projection: of the same seed, the same */
export function createSketcher(random: RandomSource): (values: ArrayLike<number>) => Float32Array<ArrayBuffer> {
  const first = random.int(2 ** 31);
  const seed = random.int(2 ** 31);
  // Where nothing is ever sketched the table is not made, and of it only the words that rows have come to are drawn.
  let table: Float32Array | null = null;

  return (values) => {
    // One kind of array in the loop: one that sees two is several times slower.
    const vector = values instanceof Float32Array ? values : Float32Array.from(values);
    const sums = new Float64Array(SKETCH_SIZE);
    const signs = (table ??= new Float32Array(TABLE));
    let state = first | 0;
    const stride = SKETCH_SIZE * Math.ceil(vector.length / (SKETCH_SIZE * MOST_ROWS));
    for (let from = 0; from < vector.length; from += stride) {
      state = (state + STEP) | 0;
      const h = mixBits(state);
      const count = Math.min(SKETCH_SIZE, vector.length - from);
      const start = (h >>> 8) % (TABLE - SKETCH_SIZE);
      drawSigns(signs, seed, start, count);
      addRow(sums, vector, from, count, signs, start, h & (SKETCH_SIZE - 1));
    }
    return Float32Array.from(sums);
  };
}

/** A sign from each bit of a word, where they were not drawn before: small tasks come and go by the thousand, and need few of them. */
function drawSigns(signs: Float32Array, seed: number, start: number, count: number): void {
  for (let first = start & -32; first < start + count; first += 32) {
    if (signs[first] !== 0) continue;
    const bits = mixBits((seed + Math.imul(first / 32 + 1, STEP)) | 0);
    for (let bit = 0; bit < 32; bit++) signs[first + bit] = (bits >>> bit) & 1 ? 1 : -1;
  }
}

/** A function of its own, called for each row: such a loop is compiled once, whole (`sum-of-squares.ts`). */
function addRow(sums: Float64Array, values: Float32Array, from: number, count: number, signs: Float32Array, start: number, turn: number): void {
  for (let i = 0; i < count; i++) sums[(i + turn) & (SKETCH_SIZE - 1)] += signs[start + i] * values[from + i];
}
