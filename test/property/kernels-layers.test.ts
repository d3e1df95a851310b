/** Kernels of single layers (depthwise convolution, pooling, embedding) against their twins, to the bit, over random shapes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 300, seed: 17 };

const normal = (seed: number, length: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
};

const from = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const axis = fc.record({ in: from(1, 9), out: from(1, 6), filter: from(1, 4), stride: from(1, 3), dilation: from(1, 2), before: from(0, 2) });
const windows = fc.record({ batch: from(1, 3), channels: from(1, 11), multiplier: from(1, 3), vertical: axis, horizontal: axis, seed: fc.integer() });

describe.each(['depthwiseFilterGradient', 'depthwiseInputGradient'] as const)('%s', (kernel) => {
  it('is what its twin says', () => {
    fc.assert(fc.property(windows, ({ batch, channels, multiplier, vertical: v, horizontal: h, seed }) => {
      const pair = createKernelPair();
      const x = pair.put(normal(seed, batch * v.in * h.in * channels));
      const dy = pair.put(normal(seed + 1, batch * v.out * h.out * channels * multiplier));
      const w = pair.put(normal(seed + 2, v.filter * h.filter * channels * multiplier));
      const tensors = kernel === 'depthwiseFilterGradient' ? ([x, dy, w] as const) : ([dy, w, x] as const);
      pair.same((kernels) => kernels[kernel](
        ...tensors, batch, v.in, h.in, channels, multiplier, v.filter, h.filter, v.out, h.out, v.stride, h.stride, v.dilation, h.dilation, v.before, h.before,
      ));
    }), RUNS);
  });
});

describe('maxPoolGradient', () => {
  it('is what its twin says, also where values are equal or no numbers', () => {
    fc.assert(fc.property(windows, fc.boolean(), ({ batch, channels, vertical: v, horizontal: h, seed }, few) => {
      const pair = createKernelPair();
      const random = createRandom(seed);
      const values = normal(seed, batch * v.in * h.in * channels);
      // Few different values, so that many are equal.
      if (few) values.forEach((_, i) => (values[i] = [-1, -0, 0, 2, NaN, -Infinity][random.int(6)]));
      const x = pair.put(values);
      const dy = pair.put(normal(seed + 1, batch * v.out * h.out * channels));
      const out = pair.put(values);
      pair.same((kernels) => kernels.maxPoolGradient(x, dy, out, batch, v.in, h.in, channels, v.filter, h.filter, v.out, h.out, v.stride, h.stride, v.before, h.before));
    }), RUNS);
  });

  it('gives it to the first of the greatest, and adds where windows overlap', () => {
    const pair = createKernelPair();
    // One row of four positions with one channel; windows of two, one apart.
    const x = pair.put(Float32Array.of(1, 3, 3, 2));
    const dy = pair.put(Float32Array.of(10, 20, 40));
    const out = pair.put(new Float32Array(4));
    pair.same((kernels) => kernels.maxPoolGradient(x, dy, out, 1, 1, 4, 1, 1, 2, 1, 3, 1, 1, 0, 0));
    expect([...pair.read(out, new Float32Array(4)).module]).toEqual([0, 30, 40, 0]);
  });
});

describe('avgPoolGradient', () => {
  it('is what its twin says', () => {
    fc.assert(fc.property(windows, ({ batch, channels, vertical: v, horizontal: h, seed }) => {
      const pair = createKernelPair();
      const dy = pair.put(normal(seed, batch * v.out * h.out * channels));
      const out = pair.put(normal(seed + 1, batch * v.in * h.in * channels));
      pair.same((kernels) => kernels.avgPoolGradient(dy, out, batch, v.in, h.in, channels, v.filter, h.filter, v.out, h.out, v.stride, h.stride, v.before, h.before));
    }), RUNS);
  });
});

describe('segmentSum', () => {
  it('is what its twin says, of both types of numbers', () => {
    fc.assert(fc.property(from(0, 30), from(1, 13), from(1, 7), fc.integer(), (rows, width, count, seed) => {
      const pair = createKernelPair();
      const random = createRandom(seed);
      const x = pair.put(normal(seed, rows * width));
      const ints = pair.put(Int32Array.from({ length: rows * width }, () => random.int(2 ** 32) | 0));
      const segments = pair.put(Int32Array.from({ length: rows }, () => random.int(count + 2) - 1));
      const out = pair.put(normal(seed + 1, count * width));
      const outOfInts = pair.put(normal(seed + 1, count * width));
      pair.same((kernels) => kernels.segmentSum(x, rows, width, segments, out, count));
      pair.same((kernels) => kernels.segmentSumOfInts(ints, rows, width, segments, outOfInts, count));
    }), RUNS);
  });
});
