/** Count, mean and squares that merge: their laws, exact numbers, and what a plain sum of squares would lose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comoments, comomentsSize, comomentsWidth, startComoments } from '../../shared/statistics/monoids/comoments.ts';
import { moments, momentsOf } from '../../shared/statistics/monoids/moments.ts';
import { structuredMonoidConformance } from '../conformance/monoid.ts';

const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const of = (values: readonly number[]): Float64Array => momentsOf((visit) => values.forEach(visit));
const rowsOf = (rows: readonly (readonly number[])[], width: number): Float64Array => {
  const started = startComoments(width);
  for (const row of rows) started.add(Float64Array.from(row));
  return started.vector;
};

const close = (found: Float64Array, expected: Float64Array): void => {
  const scale = Math.max(1, ...expected.map(Math.abs));
  found.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-11 * scale));
};

structuredMonoidConformance(moments, 6, fc.tuple(fc.array(number, { maxLength: 5 }), fc.array(number, { maxLength: 5 })).map(([a, b]) => Float64Array.of(...of(a), ...of(b))), close);
structuredMonoidConformance(comoments, comomentsSize(3), fc.array(fc.tuple(number, number, number), { maxLength: 6 }).map((rows) => rowsOf(rows, 3)), close);

describe('moments', () => {
  it('are those of 1, 2, 3, 6 however these were dealt out', () => {
    // n = 4, mean 3, Σ (x − 3)² = 4 + 1 + 0 + 9.
    const all = Float64Array.of(4, 3, 14);
    expect(of([1, 2, 3, 6])).toEqual(all);
    for (const [a, b] of [[[1], [2, 3, 6]], [[1, 2], [3, 6]], [[], [1, 2, 3, 6]], [[6, 1, 3], [2]]]) {
      const partial = moments.create(3);
      moments.add(partial, of(a), 1);
      moments.add(partial, of(b), 1);
      close(partial, all);
    }
  });

  it('keep the variance of what lies far from zero', () => {
    // 10⁹ + {4, 7, 13, 16}: the variance is 22.5, of which Σx² − (Σx)²/n keeps nothing.
    const values = [4, 7, 13, 16].map((x) => 1e9 + x);
    const [a, b] = [of(values.slice(0, 2)), of(values.slice(2))];
    const partial = moments.create(3);
    moments.add(partial, a, 1);
    moments.add(partial, b, 1);
    expect(partial[2] / 4).toBe(22.5);
    const naive = values.reduce((sum, x) => sum + x * x, 0) / 4 - (values.reduce((sum, x) => sum + x, 0) / 4) ** 2;
    expect(Math.abs(naive - 22.5)).toBeGreaterThan(1);
  });

  it.each([
    ['half a value', [0.5, 0, 0]],
    ['fewer than none', [-1, 0, 0]],
    ['squares below zero', [2, 1, -1]],
    ['a mean of nothing', [0, 1, 0]],
    ['a mean that would overflow', [1, 1e200, 0]],
    ['no triples', [1, 2]],
  ])('are not %s', (_, values) => {
    expect(moments.check?.(Float64Array.from(values))).toEqual(expect.any(String));
  });
});

describe('comoments', () => {
  it('know their number of columns', () => {
    for (let width = 1; width <= 1024; width++) expect(comomentsWidth(comomentsSize(width))).toBe(width);
    expect([0, 1, 2, 4, 7].map(comomentsWidth)).toEqual([null, null, null, null, null]);
  });

  it('are those of three rows, and leave out a row with a hole', () => {
    // x = 1, 2, 6 (mean 3), y = 2, 0, 1 (mean 1): squares 14 and 2, products (−2·1) + (−1·−1) + (3·0) = −1.
    const rows = [[1, 2], [2, 0], [NaN, 5], [6, 1]];
    close(rowsOf(rows, 2), Float64Array.of(3, 3, 1, 14, -1, 2));
    const partial = comoments.create(6);
    for (const row of rows) comoments.add(partial, rowsOf([row], 2), 1);
    close(partial, Float64Array.of(3, 3, 1, 14, -1, 2));
  });

  it.each([
    ['products larger than the squares allow', [2, 0, 0, 1, 1.5, 1]],
    ['squares below zero', [2, 0, 0, -1, 0, 1]],
    ['products of no rows', [0, 0, 0, 0, 0, 1]],
    ['a length that no number of columns has', [1, 2, 3, 4]],
  ])('are not %s', (_, values) => {
    expect(comoments.check?.(Float64Array.from(values))).toEqual(expect.any(String));
  });
});
