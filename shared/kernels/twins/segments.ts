/** Rows added up by segment, in plain TypeScript: what the SIMD kernels compute, to the bit. */
import type { KernelMemory } from '../memory.ts';

type SegmentSum = (x: number, rows: number, width: number, segments: number, out: number, count: number) => void;

export interface SegmentKernels {
  /**
   * out [count, width] = for each segment, the sum of the rows of x [rows, width] that `segments` (int32) put into it, added
   * in their order, float32. Rows whose segment is none of 0 … count − 1 are left out.
   */
  readonly segmentSum: SegmentSum;
  /** The same of int32; sums that overflow wrap around. */
  readonly segmentSumOfInts: SegmentSum;
}

export function segmentTwins(memory: KernelMemory): SegmentKernels {
  const sum = (Values: Float32ArrayConstructor | Int32ArrayConstructor): SegmentSum => (x, rows, width, segments, out, count) => {
    const values = new Values(memory.buffer, x, rows * width);
    const sums = new Values(memory.buffer, out, count * width).fill(0);
    new Int32Array(memory.buffer, segments, rows).forEach((segment, row) => {
      if (segment < 0 || segment >= count) return;
      for (let i = 0; i < width; i++) sums[segment * width + i] += values[row * width + i];
    });
  };
  return { segmentSum: sum(Float32Array), segmentSumOfInts: sum(Int32Array) };
}
