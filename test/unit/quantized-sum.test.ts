import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { createQuantizedSum, type QuantizedVector } from '../../shared/statistics/quantized-sum.ts';

const SIZE = 5003;
const SCALES = Math.ceil(SIZE / 256);

function vectorOf(bits: 4 | 8, seed: number): { vector: QuantizedVector; values: Float64Array } {
  const random = createRandom(seed);
  const most = bits === 8 ? 128 : 8;
  const codes = Array.from({ length: SIZE }, () => random.int(2 * most) - most);
  const scales = Float32Array.from({ length: SCALES }, () => random.next() * 0.01);
  const packed = bits === 8 ? Int8Array.from(codes) : Int8Array.from({ length: Math.ceil(SIZE / 2) }, (_, j) => (codes[2 * j] & 15) | ((codes[2 * j + 1] ?? 0) << 4));
  return { vector: { bits, size: SIZE, scales, codes: packed }, values: Float64Array.from(codes, (code, i) => code * scales[Math.floor(i / 256)]) };
}

describe.each([8, 4] as const)('a sum of %i-bit vectors', (bits) => {
  it('stays within 10^-6 · Σ|w·x| of the exact sum, and tells each norm', () => {
    const sum = createQuantizedSum(SIZE);
    const exact = new Float64Array(SIZE);
    const absolute = new Float64Array(SIZE);
    for (let n = 0; n < 19; n++) {
      const { vector, values } = vectorOf(bits, n);
      const norm = Math.sqrt(values.reduce((total, value) => total + value * value, 0));
      expect(Math.abs(sum.check(vector) - norm)).toBeLessThanOrEqual(1e-12 * norm);
      sum.add(n + 0.5);
      values.forEach((value, i) => {
        exact[i] += (n + 0.5) * value;
        absolute[i] += Math.abs((n + 0.5) * value);
      });
    }
    sum.values().forEach((value, i) => expect(Math.abs(value - exact[i])).toBeLessThanOrEqual(1e-6 * absolute[i]));
  });

  it('refuses wrong lengths and scales that are not finite, and then adds nothing', () => {
    const sum = createQuantizedSum(SIZE);
    const { vector } = vectorOf(bits, 1);
    expect(() => sum.check({ ...vector, codes: vector.codes.subarray(1) })).toThrowError(expect.objectContaining({ code: 'bad_layout' }));
    expect(() => sum.check({ ...vector, scales: vector.scales.subarray(1) })).toThrowError(expect.objectContaining({ code: 'bad_layout' }));
    const scales = vector.scales.slice();
    scales[7] = Infinity;
    expect(() => sum.check({ ...vector, scales })).toThrowError(expect.objectContaining({ code: 'not_finite', details: { index: 7 } }));
    expect(() => sum.add(1)).toThrowError(expect.objectContaining({ code: 'internal' }));
    sum.check({ ...vector, scales: new Float32Array(SCALES).fill(1e37) });
    expect(() => sum.add(1)).toThrowError(expect.objectContaining({ code: 'norm_too_large' }));
    expect(sum.values().every((value) => value === 0)).toBe(true);
  });
});
