/** The centre's kernels against their twins, to the bit, over random lengths and values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels } from '../../shared/kernels/kernels.ts';
import { createKernelMemory } from '../../shared/kernels/memory.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 300, seed: 7 };
const floats = fc.float32Array({ minLength: 0, maxLength: 1100, noNaN: true, noDefaultInfinity: true });
/** Such that nothing overflows. */
const moderate = fc.float32Array({ minLength: 0, maxLength: 1100, noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
const scales = fc.double({ min: -1e3, max: 1e3, noNaN: true });
/** Bytes: kernels ask for the alignment of an element only. */
const apart = fc.integer({ min: 0, max: 3 }).map((floatsApart) => 4 * floatsApart);

describe('sumOfSquares', () => {
  it('is what its twin says, for any values', () => {
    fc.assert(fc.property(fc.float32Array({ maxLength: 1100 }), apart, (values, gap) => {
      const pair = createKernelPair();
      const x = pair.put(values, gap);
      pair.same((kernels) => kernels.sumOfSquares(x, values.length));
    }), RUNS);
  });

  it('lies within 3·10^-6 of the exact sum', () => {
    fc.assert(fc.property(moderate, (values) => {
      const memory = createKernelMemory(65_536);
      new Float32Array(memory.buffer, 64, values.length).set(values);
      const exact = values.reduce((sum, value) => sum + value * value, 0);
      const found = createKernels(memory).sumOfSquares(64, values.length);
      // What underflows float32 when it is squared is lost: at most 2^-126 a value.
      expect(Math.abs(found - exact)).toBeLessThanOrEqual(3e-6 * exact + values.length * 2 ** -126);
    }), RUNS);
  });

  it('shows one value that is not finite, wherever it stands', () => {
    const count = 1060;
    const memory = createKernelMemory(65_536);
    const kernels = createKernels(memory);
    const values = new Float32Array(memory.buffer, 1024, count);
    for (let at = 0; at < count; at++) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        values.fill(1);
        values[at] = bad;
        expect(Number.isFinite(kernels.sumOfSquares(1024, count))).toBe(false);
      }
    }
    values.fill(1);
    expect(kernels.sumOfSquares(1024, count)).toBe(count);
  });
});

describe('adding', () => {
  it('is what the twins say: float32, float64, and folding one into the other', () => {
    fc.assert(fc.property(floats, scales, apart, (values, scale, gap) => {
      const pair = createKernelPair();
      const x = pair.put(values, gap);
      const narrow = pair.put(values.map((value) => value / 3), gap);
      const wide = pair.put(Float64Array.from(values, (value) => value / 7));
      pair.same((kernels) => kernels.addScaled(narrow, x, values.length, scale));
      pair.same((kernels) => kernels.addScaledWide(wide, x, values.length, scale));
      pair.same((kernels) => kernels.foldWide(wide, narrow, values.length));
      expect([...pair.read(narrow, values).module]).toEqual(new Array(values.length).fill(0));
    }), RUNS);
  });
});
