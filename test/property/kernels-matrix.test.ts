/** Products of matrices against their twin, to the bit, over random shapes, transpositions and epilogues. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPILOGUE, productScratchBytes } from '../../shared/kernels/twins/matrix.ts';
import { createRandom } from '../../shared/random.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const normal = (seed: number, length: number): Float32Array => {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
};

const shapes = fc.record({
  m: fc.integer({ min: 1, max: 23 }),
  n: fc.integer({ min: 1, max: 27 }),
  k: fc.integer({ min: 0, max: 33 }),
  count: fc.integer({ min: 1, max: 3 }),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  oneA: fc.boolean(),
  oneB: fc.boolean(),
  bias: fc.boolean(),
  epilogue: fc.constantFrom(0, EPILOGUE.relu, EPILOGUE.relu6, EPILOGUE.descend),
  apart: fc.integer({ min: 0, max: 3 }),
  seed: fc.integer(),
});
type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function compare({ m, n, k, count, transposeA, transposeB, oneA, oneB, bias, epilogue, apart, seed }: Shape): { c: Float32Array; a: Float32Array; b: Float32Array } {
  const pair = createKernelPair(1 << 23);
  const [left, right] = [normal(seed, (oneA ? 1 : count) * m * k), normal(seed + 1, (oneB ? 1 : count) * k * n)];
  // Where six is above the most, relu6 would be relu.
  if (epilogue === EPILOGUE.relu6) left.forEach((value, i) => (left[i] = 8 * value));
  const before = normal(seed + 2, count * m * n);
  const a = pair.put(left, 4 * apart);
  const b = pair.put(right, 4 * apart);
  const c = pair.put(before, 4 * apart);
  const biases = bias ? pair.put(normal(seed + 3, n), 4 * apart) : 0;
  const rate = pair.put(Float32Array.of(0.3));
  // Behind all that is compared: what lies there does not count.
  const scratch = rate + 4096 + 4 * apart;
  pair.same((kernels) => kernels.matrixProduct(
    a, transposeA ? 4 : 4 * k, transposeA ? 4 * m : 4, oneA ? 0 : 4 * m * k,
    b, transposeB ? 4 : 4 * n, transposeB ? 4 * k : 4, oneB ? 0 : 4 * k * n,
    c, count, m, n, k, biases, epilogue, rate, scratch,
  ));
  return { a: left, b: right, c: pair.read(c, before).module };
}

describe('matrixProduct', () => {
  it('is what its twin says', () => {
    fc.assert(fc.property(shapes, (shape) => void compare(shape)), { numRuns: 500, seed: 11 });
  });

  it('is what its twin says where a sum takes several blocks of k, and rows several passes', () => {
    for (const [m, n, k] of [[3, 9, 1300], [11, 17, 513], [10, 8, 1024], [131, 5, 40], [300, 12, 515]]) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          for (const epilogue of [0, EPILOGUE.relu, EPILOGUE.descend] as const) {
            compare({ m, n, k, count: 1, transposeA, transposeB, oneA: false, oneB: false, bias: true, epilogue, apart: 1, seed: m });
          }
        }
      }
    }
  });

  it('multiplies as worked out by hand, and keeps what is no number', () => {
    const pair = createKernelPair();
    const put = (...values: number[]): number => pair.put(Float32Array.from(values));
    const a = put(1, 2, 3, 4, 5, 6);
    const b = put(1, 0, 2, -1, -3, NaN);
    const bias = put(0.5, 0.5);
    const c = put(0, 0, 0, 0);
    pair.same((kernels) => kernels.matrixProduct(a, 12, 4, 0, b, 8, 4, 0, c, 1, 2, 2, 3, bias, EPILOGUE.relu, 0, 65_536));
    // Rows (1 2 3) and (4 5 6) with the column (1 2 −3): −4 and −4; the column (0 −1 NaN) is no number.
    expect([...pair.read(c, new Float32Array(4)).module]).toEqual([0, NaN, 0, NaN]);
    pair.same((kernels) => kernels.matrixProduct(a, 4, 8, 0, b, 8, 4, 0, c, 1, 2, 1, 3, 0, 0, 0, 65_536));
    // Transposed, the columns (1 3 5) and (2 4 6) of a: 1 + 6 − 15 and 2 + 8 − 18.
    expect([...pair.read(c, new Float32Array(2)).module]).toEqual([-8, -8]);
  });

  it('uses no more scratch memory than it says', () => {
    for (const [k, epilogue] of [[7, 0], [2000, 0], [2000, EPILOGUE.descend]]) {
      const pair = createKernelPair(1 << 23);
      const [a, b, c] = [pair.put(normal(1, 12 * k)), pair.put(normal(2, 13 * k)), pair.put(normal(3, 12 * 13))];
      const scratch = pair.put(new Float32Array(productScratchBytes(k, epilogue) / 4));
      const rate = pair.put(Float32Array.of(0.1));
      const behind = pair.put(normal(4, 64));
      pair.both((kernels) => kernels.matrixProduct(a, 4 * k, 4, 0, b, 4, 4 * k, 0, c, 1, 12, 13, k, 0, epilogue, rate, scratch));
      const { module, twins } = pair.read(behind, new Float32Array(64));
      expect([...module]).toEqual([...twins]);
      expect([...pair.read(rate, new Float32Array(1)).module]).toEqual([Math.fround(0.1)]);
    }
  });
});
