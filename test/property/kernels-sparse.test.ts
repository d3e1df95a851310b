/** Products by what is not zero: against their twins, and against the whole product, to the bit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPILOGUE } from '../../shared/kernels/twins/matrix.ts';
import { createRandom } from '../../shared/random.ts';
import { createKernelPair, type KernelPair } from '../helpers/kernel-pair.ts';

const normal = (seed: number, length: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
};

/** About `density` of them are not zero, some of the zeros below it. */
const sparse = (seed: number, length: number, density: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => (random.next() < density ? random.normal() : random.next() < 0.2 ? -0 : 0));
};

const shapes = fc.record({
  m: fc.integer({ min: 1, max: 13 }),
  k: fc.integer({ min: 1, max: 43 }),
  n: fc.oneof(fc.integer({ min: 1, max: 19 }), fc.constantFrom(32, 40, 64, 75, 200)),
  density: fc.constantFrom(0, 0.1, 0.3, 1),
  bias: fc.boolean(),
  epilogue: fc.constantFrom(0, EPILOGUE.relu, EPILOGUE.relu6),
  rate: fc.constantFrom(0.3, 0, -0.3, -0),
  apart: fc.integer({ min: 0, max: 1 }),
  seed: fc.integer(),
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

interface Lists {
  readonly x: number;
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
}

/** x [m, k] as lists of its rows and of its columns. */
function listsOf(pair: KernelPair, x: Float32Array, m: number, k: number, apart: number): Lists {
  const count = x.reduce((found, value) => found + (value === 0 ? 0 : 1), 0);
  const at = pair.put(x, 4 * apart);
  const [rows, columns] = [pair.put(new Int32Array(2 * m)), pair.put(new Int32Array(2 * k))];
  const [entries, turned] = [pair.put(new Int32Array(2 * count)), pair.put(new Int32Array(2 * count))];
  pair.same((kernels) => kernels.countNonZero(at, x.length));
  expect(pair.both((kernels) => kernels.countNonZero(at, x.length))).toEqual([count, count]);
  pair.same((kernels) => kernels.sparseRows(at, m, k, rows, entries));
  pair.same((kernels) => kernels.sparseColumns(rows, m, k, columns, turned));
  return { x: at, rows, columns, count };
}

/** Both products of x, as a layer has them: forward, x · w, and the step of w by xᵀ · dy. */
function compare({ m, k, n, density, bias, epilogue, rate, apart, seed }: Shape): void {
  const pair = createKernelPair(1 << 20);
  const lists = listsOf(pair, sparse(seed, m * k, density), m, k, apart);
  const weights = normal(seed + 1, k * n);
  // What is −0 stays so only where nothing is subtracted from it, or 0 is.
  weights.fill(-0, 0, n);
  const w = pair.put(weights, 4 * apart);
  const again = pair.put(weights, 4 * apart);
  const dy = pair.put(normal(seed + 2, m * n), 4 * apart);
  const out = pair.put(normal(seed + 3, m * n), 4 * apart);
  const whole = pair.put(new Float32Array(m * n), 4 * apart);
  const biasAt = bias ? pair.put(normal(seed + 4, n), 4 * apart) : 0;
  const rateAt = pair.put(Float32Array.of(rate));
  const scratch = rateAt + 4096;
  pair.same((kernels) => kernels.sparseProduct(lists.rows, m, w, out, n, biasAt, epilogue, 0));
  pair.same((kernels) => kernels.matrixProduct(lists.x, 4 * k, 4, 0, w, 4 * n, 4, 0, whole, 1, m, n, k, biasAt, epilogue, 0, scratch));
  const forward = new Int32Array(m * n);
  expect(pair.read(out, forward).module).toEqual(pair.read(whole, forward).module);
  pair.same((kernels) => kernels.sparseProduct(lists.columns, k, dy, w, n, 0, EPILOGUE.descend, rateAt));
  pair.same((kernels) => kernels.matrixProduct(lists.x, 4, 4 * k, 0, dy, 4 * n, 4, 0, again, 1, k, n, m, 0, EPILOGUE.descend, rateAt, scratch));
  const descended = new Int32Array(k * n);
  expect(pair.read(w, descended).module).toEqual(pair.read(again, descended).module);
}

describe('sparse products', () => {
  it('are what their twins say, and the bits of the whole products', () => {
    fc.assert(fc.property(shapes, compare), { numRuns: 300, seed: 5 });
  });

  it('lay rows and columns out as worked out by hand', () => {
    const pair = createKernelPair();
    const { rows, columns, count } = listsOf(pair, Float32Array.of(0, 2, 0, -0, 5, NaN, 0, 0, 0, 0), 2, 5, 0);
    expect(count).toBe(3);
    const entriesAt = pair.read(rows, new Int32Array(1)).module[0];
    // Row 0: 2 and 5 at 1 and 4. Row 1: NaN at 0.
    expect([...pair.read(rows, new Int32Array(4)).module].map((address) => address - entriesAt)).toEqual([0, 16, 16, 24]);
    expect([0, 2, 4].map((word) => pair.read(entriesAt, new Int32Array(6)).module[word])).toEqual([1, 4, 0]);
    expect([1, 3, 5].map((word) => pair.read(entriesAt, new Float32Array(6)).module[word])).toEqual([2, 5, NaN]);
    const turnedAt = pair.read(columns, new Int32Array(1)).module[0];
    expect([...pair.read(columns, new Int32Array(10)).module].map((address) => (address - turnedAt) / 8)).toEqual([0, 1, 1, 2, 2, 2, 2, 2, 2, 3]);
    expect([0, 2, 4].map((word) => pair.read(turnedAt, new Int32Array(6)).module[word])).toEqual([1, 0, 0]);
    expect([1, 3, 5].map((word) => pair.read(turnedAt, new Float32Array(6)).module[word])).toEqual([NaN, 2, 5]);
  });

  it('leave the rows of weights alone that no example touches, whatever they are', () => {
    const pair = createKernelPair();
    const { columns } = listsOf(pair, Float32Array.of(0, 2, 0, 0, 3, 0), 2, 3, 0);
    const w = pair.put(Float32Array.of(Infinity, -0, 1, 2, NaN, 7));
    const dy = pair.put(Float32Array.of(1, 2, 10, 20));
    const rate = pair.put(Float32Array.of(0.5));
    pair.same((kernels) => kernels.sparseProduct(columns, 3, dy, w, 2, 0, EPILOGUE.descend, rate));
    // Column 1 is (2, 3): 2 · (1, 2) + 3 · (10, 20) = (32, 64).
    expect([...pair.read(w, new Float32Array(6)).module]).toEqual([Infinity, -0, -15, -30, NaN, 7]);
  });
});
