/**
 * The centre's loops over whole reports, in plain TypeScript: what the SIMD kernels compute, to the bit.
 * Addresses are bytes from the start of the memory, multiples of the element's width; counts are elements.
 */
import type { KernelMemory } from '../memory.ts';

export interface VectorKernels {
  /**
   * Σ x² of float32: finite exactly when every value is finite and no square overflows (beyond 1.8·10^19). Squares are
   * added in float32, 16 sums over blocks of 512, and those in float64: relative error below 3·10^-6, but that squares
   * below 2^-126 may be lost.
   */
  sumOfSquares(x: number, count: number): number;
  /** sum += scale · x, all float32. */
  addScaled(sum: number, x: number, count: number, scale: number): void;
  /** sum += scale · x, the sum and the arithmetic float64, x float32. */
  addScaledWide(sum: number, x: number, count: number, scale: number): void;
  /** sum (float64) += block (float32), and the block becomes 0. */
  foldWide(sum: number, block: number, count: number): void;
}

const SQUARES_BLOCK = 512;
const LANES = 16;

export function vectorTwins(memory: KernelMemory): VectorKernels {
  return {
    sumOfSquares(x, count) {
      const values = new Float32Array(memory.buffer, x, count);
      const whole = count - (count % LANES);
      const lanes = new Float32Array(LANES);
      let total = 0;
      for (let from = 0; from < whole; from += SQUARES_BLOCK) {
        lanes.fill(0);
        const stop = Math.min(from + SQUARES_BLOCK, whole);
        for (let i = from; i < stop; i++) lanes[i % LANES] += Math.fround(values[i] * values[i]);
        let ofBlock = 0;
        for (let lane = 0; lane < 4; lane++) {
          const [a, b, c, d] = [lanes[lane], lanes[lane + 4], lanes[lane + 8], lanes[lane + 12]];
          ofBlock += Math.fround(Math.fround(a + b) + Math.fround(c + d));
        }
        total += ofBlock;
      }
      for (let i = whole; i < count; i++) total += values[i] * values[i];
      return total;
    },
    addScaled(sum, x, count, scale) {
      const sums = new Float32Array(memory.buffer, sum, count);
      const values = new Float32Array(memory.buffer, x, count);
      const factor = Math.fround(scale);
      for (let i = 0; i < count; i++) sums[i] += Math.fround(factor * values[i]);
    },
    addScaledWide(sum, x, count, scale) {
      const sums = new Float64Array(memory.buffer, sum, count);
      const values = new Float32Array(memory.buffer, x, count);
      for (let i = 0; i < count; i++) sums[i] += scale * values[i];
    },
    foldWide(sum, block, count) {
      const sums = new Float64Array(memory.buffer, sum, count);
      const values = new Float32Array(memory.buffer, block, count);
      for (let i = 0; i < count; i++) sums[i] += values[i];
      values.fill(0);
    },
  };
}
