/**
 * Products whose left side is given by what of it is not zero, in plain TypeScript: what the SIMD kernels compute, to the bit.
 *
 * A row is a **list** of entries of eight bytes: the position in the row (int32) and the value there (float32), positions
 * ascending. Lists lie anywhere; a table has eight bytes for each: the address of its first entry, and the one behind its last.
 */
import type { KernelMemory } from '../memory.ts';
import { EPILOGUE, finishRow } from './matrix.ts';

export interface SparseKernels {
  /** How many of `count` floats are neither 0 nor −0. */
  countNonZero(x: number, count: number): number;
  /** The rows of x [rows, columns] as lists, one behind the other from `entries` on: eight bytes for each value that is not zero. `lists`: their table. */
  sparseRows(x: number, rows: number, columns: number, lists: number, entries: number): void;
  /** The columns of a matrix whose rows are lists, as lists in turn. `out`: their table; `entries`: as many as the rows have together. */
  sparseColumns(lists: number, rows: number, columns: number, out: number, entries: number): void;
  /**
   * c[i][j] = Σ of value · b[position][j] over the entries of list i, in order; b and c lie densely, n columns. Rounded,
   * and finished by `bias`, `epilogue` and `rate`, as `matrixProduct` does: where all of b is finite, it gives the same
   * bits as the whole rows would, since adding 0 · b changes no sum that begins with 0. Where b is not, 0 · b would have
   * been no number.
   */
  sparseProduct(lists: number, m: number, b: number, c: number, n: number, bias: number, epilogue: number, rate: number): void;
}

export function sparseTwins(memory: KernelMemory): SparseKernels {
  const floats = (): Float32Array => new Float32Array(memory.buffer);
  const words = (): Uint32Array => new Uint32Array(memory.buffer);
  return {
    countNonZero(x, count) {
      return new Float32Array(memory.buffer, x, count).reduce((found, value) => found + (value === 0 ? 0 : 1), 0);
    },
    sparseRows(x, rows, columns, lists, entries) {
      const [values, at] = [floats(), words()];
      for (let row = 0; row < rows; row++) {
        at[lists / 4 + 2 * row] = entries;
        for (let column = 0; column < columns; column++) {
          const value = values[x / 4 + row * columns + column];
          if (value === 0) continue;
          at[entries / 4] = column;
          values[entries / 4 + 1] = value;
          entries += 8;
        }
        at[lists / 4 + 2 * row + 1] = entries;
      }
    },
    sparseColumns(lists, rows, columns, out, entries) {
      const at = words();
      for (let column = 0; column < columns; column++) {
        at[out / 4 + 2 * column] = entries;
        for (let row = 0; row < rows; row++) {
          const [from, end] = at.subarray(lists / 4 + 2 * row);
          for (let entry = from; entry < end; entry += 8) {
            if (at[entry / 4] !== column) continue;
            at[entries / 4] = row;
            at[entries / 4 + 1] = at[entry / 4 + 1];
            entries += 8;
          }
        }
        at[out / 4 + 2 * column + 1] = entries;
      }
    },
    sparseProduct(lists, m, b, c, n, bias, epilogue, rate) {
      const [values, at] = [floats(), words()];
      const row = new Float32Array(n);
      // −0 less 0 times a rate is −0, but for a rate below zero.
      const skips = (epilogue & EPILOGUE.descend) !== 0 && at[rate / 4] >> 31 === 0;
      for (let i = 0; i < m; i++) {
        const [from, end] = at.subarray(lists / 4 + 2 * i);
        if (skips && from === end) continue;
        row.fill(0);
        for (let entry = from; entry < end; entry += 8) {
          const x = values[entry / 4 + 1];
          const right = b / 4 + at[entry / 4] * n;
          for (let j = 0; j < n; j++) row[j] += Math.fround(x * values[right + j]);
        }
        finishRow(row, values, c / 4 + i * n, bias, epilogue, rate);
      }
    },
  };
}
