/** Distances between rows: the kernels against their twins, to the bit, and against exact sums. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const RUNS = { numRuns: 60, seed: 5 };
const value = fc.float({ noNaN: true, min: -1000, max: 1000 });
const matrix = fc.tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 1100 })).chain(([rows, width]) =>
  fc.tuple(fc.array(fc.float32Array({ minLength: width, maxLength: width, noNaN: true, min: -1000, max: 1000 }), { minLength: rows, maxLength: rows }), fc.constant(width)),
);

describe('squaredDistances', () => {
  it('is what its twin says, for any number of rows and columns, and adds to what is there', () => {
    fc.assert(fc.property(matrix, value, ([rows, width], before) => {
      const pair = createKernelPair(1 << 20);
      const starts = rows.map((row) => pair.put(row));
      const table = pair.put(Int32Array.from(starts));
      const sums = pair.put(new Float64Array(rows.length ** 2).fill(before));
      pair.same((kernels) => kernels.squaredDistances(table, rows.length, 0, width, sums));
      const { module } = pair.read(sums, new Float64Array(rows.length ** 2));
      rows.forEach((a, i) => rows.forEach((b, j) => {
        const exact = a.reduce((sum, x, k) => sum + (x - b[k]) ** 2, 0);
        const found = module[i * rows.length + j] - before;
        if (j > i) expect(Math.abs(found - exact)).toBeLessThanOrEqual(1e-5 * exact + 1e-6);
        else expect(found).toBe(0);
      }));
    }), RUNS);
  });

  it('is infinite beyond all measure, and no number never', () => {
    const pair = createKernelPair();
    const rows = [[1, 0, 0, 0, 0], [1, 3e38, 0, 0, 0], [1, -3e38, 0, 0, 4]].map((row) => pair.put(Float32Array.from(row)));
    const table = pair.put(Int32Array.from(rows));
    const sums = pair.put(new Float64Array(9));
    pair.same((kernels) => kernels.squaredDistances(table, 3, 0, 5, sums));
    expect([...pair.read(sums, new Float64Array(9)).module]).toEqual([0, Infinity, Infinity, 0, 0, Infinity, 0, 0, 0]);
  });
});

describe('squaredDistance', () => {
  it('is what its twin says, and exact to float64', () => {
    fc.assert(fc.property(fc.tuple(fc.nat(900)).chain(([n]) => fc.tuple(fc.float32Array({ minLength: n, maxLength: n, noNaN: true, noDefaultInfinity: true }), fc.float32Array({ minLength: n, maxLength: n, noNaN: true, noDefaultInfinity: true }))), ([a, b]) => {
      const pair = createKernelPair();
      const [x, y] = [pair.put(a), pair.put(b)];
      pair.same((kernels) => kernels.squaredDistance(x, y, a.length));
      const exact = a.reduce((sum, left, i) => sum + (left - b[i]) ** 2, 0);
      const [found] = pair.both((kernels) => kernels.squaredDistance(x, y, a.length));
      expect(Math.abs((found as number) - exact)).toBeLessThanOrEqual(1e-12 * exact);
      expect(Number.isFinite(found as number)).toBe(true);
    }), RUNS);
  });
});
