/** Kernels for small integers against their twins, to the bit, and against plain arithmetic. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUANTIZED_BLOCK } from '../../shared/kernels/twins/quantized.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 300, seed: 11 };
const anyScales = fc.float32Array({ minLength: 4, maxLength: 4, noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const bytes = fc.int8Array({ minLength: 0, maxLength: 4 * QUANTIZED_BLOCK });
const factor = fc.double({ min: -1e3, max: 1e3, noNaN: true });

describe('int8', () => {
  it('is what its twin says', () => {
    fc.assert(fc.property(bytes, anyScales, factor, (codes, scales, by) => {
      const pair = createKernelPair();
      const [at, scalesAt] = [pair.put(codes), pair.put(scales)];
      const sum = pair.put(Float32Array.from(codes, (_, i) => i / 3));
      pair.same((kernels) => kernels.sumOfSquaresInt8(at, scalesAt, codes.length));
      pair.same((kernels) => kernels.addInt8(sum, at, scalesAt, codes.length, by));
    }), RUNS);
  });

  it('adds scale · code, worked by hand', () => {
    const pair = createKernelPair();
    const codes = Int8Array.from({ length: 258 }, (_, i) => (i % 5) - 2);
    codes[257] = -128;
    const [at, scales, sum] = [pair.put(codes), pair.put(Float32Array.of(0.5, 2)), pair.put(new Float32Array(258).fill(1))];
    pair.same((kernels) => kernels.addInt8(sum, at, scales, 258, 3));
    const { module } = pair.read(sum, new Float32Array(258));
    // 1 + 3 · 0.5 · (−2, −1, 0, 1, 2, …), and with the second scale for the last two.
    expect([...module.subarray(0, 5)]).toEqual([-2, -0.5, 1, 2.5, 4]);
    expect([...module.subarray(256)]).toEqual([1 + 3 * 2 * -1, 1 + 3 * 2 * -128]);
    // 51 whole runs of 4 + 1 + 0 + 1 + 4, and −2 at place 255, at 0.25; 1 and 16384 at 4.
    expect(pair.both((kernels) => kernels.sumOfSquaresInt8(at, scales, 258))).toEqual([(51 * 10 + 4) * 0.25 + (1 + 16384) * 4, (51 * 10 + 4) * 0.25 + (1 + 16384) * 4]);
  });
});

describe('int4', () => {
  it('is what its twin says, for every length', () => {
    fc.assert(fc.property(bytes, anyScales, factor, fc.boolean(), (packed, scales, by, odd) => {
      const half = packed.subarray(0, packed.length >> 1);
      const count = Math.max(0, 2 * half.length - (odd ? 1 : 0));
      const pair = createKernelPair();
      const [at, scalesAt] = [pair.put(half.slice()), pair.put(scales)];
      const sum = pair.put(new Float32Array(count).fill(0.25));
      pair.same((kernels) => kernels.sumOfSquaresInt4(at, scalesAt, count));
      pair.same((kernels) => kernels.addInt4(sum, at, scalesAt, count, by));
    }), RUNS);
  });

  it('unpacks the low half first, signs and all', () => {
    const pair = createKernelPair();
    // 32 codes in vectors, then three one by one: −8 … 7 twice, then 3, −4, 5.
    const codes = [...Array.from({ length: 32 }, (_, i) => (i % 16) - 8), 3, -4, 5];
    const packed = Int8Array.from({ length: 18 }, (_, j) => (codes[2 * j] & 15) | ((codes[2 * j + 1] ?? 0) << 4));
    const [at, scales, sum] = [pair.put(packed), pair.put(Float32Array.of(0.5)), pair.put(new Float32Array(35))];
    pair.same((kernels) => kernels.addInt4(sum, at, scales, 35, 2));
    expect([...pair.read(sum, new Float32Array(35)).module]).toEqual(codes);
    expect(pair.both((kernels) => kernels.sumOfSquaresInt4(at, scales, 35))[0]).toBe(0.25 * codes.reduce((total, code) => total + code * code, 0));
  });
});

it('shows a scale that is not finite', () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const pair = createKernelPair();
    const [codes, scales] = [pair.put(new Int8Array(300).fill(1)), pair.put(Float32Array.of(1, bad))];
    for (const found of pair.both((kernels) => kernels.sumOfSquaresInt8(codes, scales, 300))) expect(Number.isFinite(found)).toBe(false);
    for (const found of pair.both((kernels) => kernels.sumOfSquaresInt4(codes, scales, 300))) expect(Number.isFinite(found)).toBe(false);
  }
});
