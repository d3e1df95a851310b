import { describe, expect, it } from 'vitest';
import { createRandom, shuffle } from '../../shared/random.ts';

const draws = (seed: number, count: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('random source', () => {
  it('is the same for the same seed and another for another', () => {
    expect(draws(5, 10)).toEqual(draws(5, 10));
    expect(draws(5, 10)).not.toEqual(draws(6, 10));
  });

  it('spreads the first draws of small seeds over [0, 1)', () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => draws(seed, 1)[0]);
    // Ten cells of 100 expected; chi-square with 9 degrees of freedom stays below 27.9 in 999 of 1,000 fair samples.
    const cells = new Array<number>(10).fill(0);
    for (const value of firsts) cells[Math.floor(value * 10)]++;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    expect(chiSquare).toBeLessThan(27.9);
  });

  it('forks by label alone, whatever was drawn before', () => {
    const fresh = createRandom(3);
    const used = createRandom(3);
    used.next();
    expect(used.fork('a').next()).toBe(fresh.fork('a').next());
    expect(fresh.fork('a').next()).not.toBe(fresh.fork('b').next());
  });

  it('draws standard normals', () => {
    const random = createRandom(1);
    const values = Array.from({ length: 20_000 }, () => random.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    // Four standard errors: 4 / √20000, and 4 · √(2 / 20000).
    expect(Math.abs(mean)).toBeLessThan(0.0283);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });

  it('shuffles into a permutation', () => {
    expect([...shuffle(Int32Array.from([1, 2, 3, 4, 5]), createRandom(2))].sort()).toEqual([1, 2, 3, 4, 5]);
  });
});
