/** Products of matrices in plain TypeScript: what the SIMD kernel computes, to the bit. */
import type { KernelMemory } from '../memory.ts';

/** What becomes of a product's sums; the numbers can be added. */
export const EPILOGUE = {
  /** Below zero becomes zero, after the bias. */
  relu: 2,
  /** And above six becomes six. */
  relu6: 4,
  /** c − rate · sum: a step of gradient descent that needs no gradient in memory. */
  descend: 8,
} as const;

export interface MatrixKernels {
  /**
   * `count` times c[i][j] = Σ over p = 0 … k − 1 of a[i][p] · b[p][j]; c lies densely [count, m, n]. Each sum begins with
   * zero and goes over p in order, every product and every sum rounded to float32.
   * Strides are bytes: of a to the next row, to the next p, to the next matrix (0: the same one for all); of b to the next
   * p, to the next column, to the next matrix. One of b's first two is 4. So transposed matrices are read where they lie.
   * @param bias address of n floats that are added to each row, 0 for none
   * @param epilogue the sum of numbers of EPILOGUE
   * @param rate address of a float, for `descend`
   * @param scratch address of productScratchBytes(k, epilogue)
   */
  matrixProduct(
    a: number, aRow: number, aInner: number, aNext: number,
    b: number, bInner: number, bColumn: number, bNext: number,
    c: number, count: number, m: number, n: number, k: number,
    bias: number, epilogue: number, rate: number, scratch: number,
  ): void;
}

/** Bytes of memory that `matrixProduct` uses for itself. */
export function productScratchBytes(k: number, epilogue: number): number {
  return 256 + 32 * (epilogue & EPILOGUE.descend ? k : Math.min(k, 512));
}

export function matrixTwins(memory: KernelMemory): MatrixKernels {
  return {
    matrixProduct(a, aRow, aInner, aNext, b, bInner, bColumn, bNext, c, count, m, n, k, bias, epilogue, rate) {
      const at = new Float32Array(memory.buffer);
      const row = new Float32Array(n);
      for (let matrix = 0; matrix < count; matrix++) {
        for (let i = 0; i < m; i++) {
          row.fill(0);
          for (let p = 0; p < k; p++) {
            const x = at[(a + matrix * aNext + i * aRow + p * aInner) >>> 2];
            let from = (b + matrix * bNext + p * bInner) >>> 2;
            for (let j = 0; j < n; j++, from += bColumn >> 2) row[j] += Math.fround(x * at[from]);
          }
          finishRow(row, at, (c >>> 2) + (matrix * m + i) * n, bias, epilogue, rate);
        }
      }
    },
  };
}

/** Bias, activation or descent, and into the memory's float number `to`. */
export function finishRow(row: Float32Array, at: Float32Array, to: number, bias: number, epilogue: number, rate: number): void {
  for (let j = 0; j < row.length; j++) {
    if (epilogue & EPILOGUE.descend) row[j] = at[to + j] - Math.fround(row[j] * at[rate >>> 2]);
    if (bias) row[j] += at[(bias >>> 2) + j];
    if (epilogue & (EPILOGUE.relu | EPILOGUE.relu6) && row[j] < 0) row[j] = 0;
    if (epilogue & EPILOGUE.relu6 && row[j] > 6) row[j] = 6;
    at[to + j] = row[j];
  }
}
