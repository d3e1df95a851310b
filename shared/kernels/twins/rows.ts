/**
 * Rows of matrices of four-byte elements, in plain TypeScript: what the SIMD kernels compute, to the bit. Addresses are
 * multiples of 4, counts and strides are elements; outputs lie apart from inputs.
 */
import type { KernelMemory } from '../memory.ts';

export interface RowKernels {
  /** out[c] = Σ over r of x[r, c], float32, added in the order of the rows. */
  sumColumns(x: number, rows: number, columns: number, out: number): void;
  /** out[r] = Σ over c of x[r, c], float32, added in the order of the columns. */
  sumRows(x: number, rows: number, columns: number, out: number): void;
  /** Copies runs of `columns` elements: to[o · toOuter + i · toInner + …] = from[o · fromOuter + i · fromInner + …]. */
  copyBlocks(from: number, to: number, outer: number, inner: number, columns: number, fromOuter: number, fromInner: number, toOuter: number, toInner: number): void;
  /** out[i] = x[indices[i]], rows of `columns` elements; indices int32. The first i whose index is none of a row (nothing is copied from there on), otherwise −1. */
  gatherRows(x: number, rows: number, columns: number, indices: number, count: number, out: number): number;
}

export function rowTwins(memory: KernelMemory): RowKernels {
  const floats = (address: number, count: number): Float32Array => new Float32Array(memory.buffer, address, count);
  return {
    sumColumns(x, rows, columns, out) {
      const [values, sums] = [floats(x, rows * columns), floats(out, columns)];
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum = Math.fround(sum + values[r * columns + c]);
        sums[c] = sum;
      }
    },
    sumRows(x, rows, columns, out) {
      const [values, sums] = [floats(x, rows * columns), floats(out, rows)];
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum = Math.fround(sum + values[r * columns + c]);
        sums[r] = sum;
      }
    },
    copyBlocks(from, to, outer, inner, columns, fromOuter, fromInner, toOuter, toInner) {
      const bytes = new Uint8Array(memory.buffer);
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const source = from + 4 * (o * fromOuter + i * fromInner);
          bytes.copyWithin(to + 4 * (o * toOuter + i * toInner), source, source + 4 * columns);
        }
      }
    },
    gatherRows(x, rows, columns, indices, count, out) {
      const bytes = new Uint8Array(memory.buffer);
      const order = new Int32Array(memory.buffer, indices, count);
      for (let i = 0; i < count; i++) {
        if (order[i] < 0 || order[i] >= rows) return i;
        const source = x + 4 * order[i] * columns;
        bytes.copyWithin(out + 4 * i * columns, source, source + 4 * columns);
      }
      return -1;
    },
  };
}
