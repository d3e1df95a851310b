/**
 * Vectors of small integers, in plain TypeScript: what the SIMD kernels compute, to the bit. Value i is
 * scales[⌊i / 256⌋] · code i. Codes are signed bytes, or signed four bits: code 2j in the low half of byte j, 2j + 1 in the high.
 */
import type { KernelMemory } from '../memory.ts';

/** Values that share a scale. */
export const QUANTIZED_BLOCK = 256;

export interface QuantizedKernels {
  /** Σ of the squared values, exact for the codes of a block and float64 over blocks; not finite where a scale is not. */
  sumOfSquaresInt8(codes: number, scales: number, count: number): number;
  /** sum (float32) += scale · values. */
  addInt8(sum: number, codes: number, scales: number, count: number, scale: number): void;
  sumOfSquaresInt4(packed: number, scales: number, count: number): number;
  addInt4(sum: number, packed: number, scales: number, count: number, scale: number): void;
}

export function quantizedTwins({ buffer }: KernelMemory): QuantizedKernels {
  const int8 = (codes: number, count: number): ((i: number) => number) => {
    const bytes = new Int8Array(buffer, codes, count);
    return (i) => bytes[i];
  };
  const int4 = (packed: number, count: number): ((i: number) => number) => {
    const bytes = new Int8Array(buffer, packed, Math.ceil(count / 2));
    return (i) => (i % 2 === 0 ? (bytes[i >> 1] << 28) >> 28 : bytes[i >> 1] >> 4);
  };
  const squares = (codeAt: (i: number) => number, scales: number, count: number): number => {
    const factors = new Float32Array(buffer, scales, Math.ceil(count / QUANTIZED_BLOCK));
    let total = 0;
    for (let from = 0, block = 0; from < count; from += QUANTIZED_BLOCK, block++) {
      let ofBlock = 0;
      for (let i = from; i < Math.min(from + QUANTIZED_BLOCK, count); i++) ofBlock += codeAt(i) * codeAt(i);
      total += ofBlock * (factors[block] * factors[block]);
    }
    return total;
  };
  const add = (sum: number, codeAt: (i: number) => number, scales: number, count: number, scale: number): void => {
    const factors = new Float32Array(buffer, scales, Math.ceil(count / QUANTIZED_BLOCK));
    const sums = new Float32Array(buffer, sum, count);
    for (let i = 0; i < count; i++) sums[i] += Math.fround(Math.fround(Math.fround(scale) * factors[Math.floor(i / QUANTIZED_BLOCK)]) * codeAt(i));
  };
  return {
    sumOfSquaresInt8: (codes, scales, count) => squares(int8(codes, count), scales, count),
    addInt8: (sum, codes, scales, count, scale) => add(sum, int8(codes, count), scales, count, scale),
    sumOfSquaresInt4: (packed, scales, count) => squares(int4(packed, count), scales, count),
    addInt4: (sum, packed, scales, count, scale) => add(sum, int4(packed, count), scales, count, scale),
  };
}
