/** Optimizer kernels against their twins, to the bit, over steps that follow one another. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { createKernelPair } from '../helpers/kernel-pair.ts';

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const settings = fc.record({ half: fc.integer({ min: 0, max: 40 }), seed: fc.integer(), rate: fc.double({ min: 1e-4, max: 2, noNaN: true }), scale: fc.constantFrom(-1, 1, 0.3), beta1: fraction, beta2: fraction, epsilon: fc.constantFrom(1e-8, 1e-3, 0.1) });

it('every optimizer is what its twin says, step after step', () => {
  fc.assert(fc.property(settings, ({ half, seed, rate, scale, beta1, beta2, epsilon }) => {
    const count = 2 * half;
    const random = createRandom(seed);
    const vector = (positive = false): Float32Array => Float32Array.from({ length: count }, () => (positive ? Math.abs(random.normal()) : random.normal()));
    const pair = createKernelPair();
    const [w, g, m, v] = [pair.put(vector()), pair.put(vector()), pair.put(vector()), pair.put(vector(true))];
    for (let step = 0; step < 3; step++) {
      pair.same((kernels) => kernels.stepSgd(w, g, count, rate));
      pair.same((kernels) => kernels.stepMomentum(w, g, m, count, scale, rate, beta1));
      pair.same((kernels) => kernels.stepAdagrad(w, g, v, count, scale, rate, epsilon));
      pair.same((kernels) => kernels.stepAdam(w, g, m, v, count, scale, rate, beta1, beta2, epsilon));
      pair.same((kernels) => kernels.stepYogi(w, g, m, v, count, scale, rate, beta1, beta2, epsilon));
    }
  }), { numRuns: 200, seed: 3 });
});

it('a step of each, worked by hand', () => {
  const pair = createKernelPair();
  const at = (...values: number[]): number => pair.put(Float32Array.from(values));
  const now = (address: number): number[] => [...pair.read(address, new Float32Array(2)).module];
  const g = at(2, -4);

  const sgd = at(1, 1);
  pair.same((kernels) => kernels.stepSgd(sgd, g, 2, 0.5));
  expect(now(sgd)).toEqual([0, 3]);

  const [heavy, velocity] = [at(1, 1), at(1, 1)];
  // m = 0.5 · 1 − g = (−1.5, 4.5); w = 1 − 2 m.
  pair.same((kernels) => kernels.stepMomentum(heavy, g, velocity, 2, -1, 2, 0.5));
  expect([now(velocity), now(heavy)]).toEqual([[-1.5, 4.5], [4, -8]]);

  const [rare, squares] = [at(0, 0), at(5, 0)];
  // v = (9, 16); w = −3 g / (√v + 1) = (−6/4, 12/5).
  pair.same((kernels) => kernels.stepAdagrad(rare, g, squares, 2, 1, 3, 1));
  expect([now(squares), now(rare)]).toEqual([[9, 16], [-1.5, Math.fround(2.4)]]);

  const [adam, first, second] = [at(0, 0), at(0, 2), at(12, 0)];
  // m = (1, −1); v = 3/4 v + g²/4 = (10, 4); w = −m / (√v + 1).
  pair.same((kernels) => kernels.stepAdam(adam, g, first, second, 2, 1, 1, 0.5, 0.75, 1));
  expect([now(first), now(second)]).toEqual([[1, -1], [10, 4]]);
  expect(now(adam)).toEqual([Math.fround(-1 / (Math.sqrt(10) + 1)), Math.fround(1 / 3)]);

  const [yogi, mean, spread] = [at(0, 0), at(0, 0), at(13, 16)];
  // g² = (4, 16): v = 13 − 4/4 where v > g²; where they are equal it stays.
  pair.same((kernels) => kernels.stepYogi(yogi, g, mean, spread, 2, 1, 4, 0.5, 0.75, 0));
  expect([now(mean), now(spread)]).toEqual([[1, -2], [12, 16]]);
  expect(now(yogi)).toEqual([Math.fround(-4 / Math.sqrt(12)), 2]);
});
