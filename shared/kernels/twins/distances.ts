/** Distances between reports, in plain TypeScript: what the SIMD kernels compute, to the bit. */
import type { KernelMemory } from '../memory.ts';

export interface DistanceKernels {
  /**
   * sums [count, count] (float64) += for each pair i < j the squared distance of two rows over the columns from `at` (bytes into
   * each row) on; the rest of `sums` is left as it is. `rows`: their addresses, uint32. Squares are added in float32, four sums over
   * blocks of 512 columns, and those in float64: relative error below 10^-5; infinite where a square leaves float32 (differences
   * beyond 1.8·10^19), and squares below 2^-126 may be lost.
   */
  squaredDistances(rows: number, count: number, at: number, width: number, sums: number): void;
  /** Σ (x − y)² of float32, in float64: finite wherever both are. */
  squaredDistance(x: number, y: number, count: number): number;
}

const DISTANCE_BLOCK = 512;
const LANES = 4;

export function distanceTwins(memory: KernelMemory): DistanceKernels {
  return {
    squaredDistances(rows, count, at, width, sums) {
      const starts = new Uint32Array(memory.buffer, rows, count);
      const totals = new Float64Array(memory.buffer, sums, count * count);
      const values = Array.from(starts, (start) => new Float32Array(memory.buffer, start + at, width));
      for (let from = 0; from < width; from += DISTANCE_BLOCK) {
        const to = Math.min(from + DISTANCE_BLOCK, width);
        for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) totals[i * count + j] = addBlock(totals[i * count + j], values[i].subarray(from, to), values[j].subarray(from, to));
      }
    },
    squaredDistance(x, y, count) {
      const a = new Float32Array(memory.buffer, x, count);
      const b = new Float32Array(memory.buffer, y, count);
      const whole = count - (count % LANES);
      const lanes = new Float64Array(LANES);
      for (let i = 0; i < whole; i++) lanes[i % LANES] += (a[i] - b[i]) ** 2;
      let total = lanes[0] + lanes[2] + (lanes[1] + lanes[3]);
      for (let i = whole; i < count; i++) total += (a[i] - b[i]) ** 2;
      return total;
    },
  };
}

function addBlock(total: number, a: Float32Array, b: Float32Array): number {
  const whole = a.length - (a.length % LANES);
  const lanes = new Float32Array(LANES);
  for (let i = 0; i < whole; i++) {
    const apart = Math.fround(a[i] - b[i]);
    lanes[i % LANES] += Math.fround(apart * apart);
  }
  let sum = total + (lanes[0] + lanes[1] + lanes[2] + lanes[3]);
  for (let i = whole; i < a.length; i++) sum += Math.fround(a[i] - b[i]) ** 2;
  return sum;
}
