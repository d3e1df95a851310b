import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dirichletPartition } from '../../simulations/partitioners/dirichlet.ts';
import { dirichlet, logGamma } from '../../simulations/partitioners/gamma.ts';
import { iidPartition } from '../../simulations/partitioners/iid.ts';
import type { Partition } from '../../simulations/partitioners/partition.ts';
import { shardPartition } from '../../simulations/partitioners/shards.ts';
import { createRandom } from '../../shared/random.ts';

const seed = fc.integer();
const alpha = fc.constantFrom(1e-4, 0.01, 0.1, 0.5, 1, 10, 1e4);

function labelsOf(size: number, classes: number, start: number): Int32Array {
  const random = createRandom(start);
  return Int32Array.from({ length: size }, () => random.int(classes));
}

function expectExact(partition: Partition, size: number): void {
  expect(partition.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
  for (const part of partition) expect([...part]).toEqual([...part].sort((a, b) => a - b));
}

/** Fraction of the greatest label in a part, averaged over the parts: 1/classes where mixed evenly, 1 where pure. */
function concentration(partition: Partition, labels: Int32Array, classes: number): number {
  const greatest = partition.map((part) => {
    const counts = new Array<number>(classes).fill(0);
    for (const index of part) counts[labels[index]]++;
    return Math.max(...counts) / part.length;
  });
  return greatest.reduce((a, b) => a + b, 0) / greatest.length;
}

describe('a Dirichlet partition', () => {
  it('puts every example into exactly one part and gives each the minimum', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 7 }), alpha, seed, (parts, minimum, spare, classes, a, s) => {
        const size = parts * minimum + spare;
        const partition = dirichletPartition(labelsOf(size, classes, s), { parts, alpha: a, seed: s, minimum });
        expect(partition.length).toBe(parts);
        expectExact(partition, size);
        expect(Math.min(...partition.map((part) => part.length))).toBeGreaterThanOrEqual(minimum);
      }),
      { numRuns: 200 },
    );
  });

  it('is decided by the seed', () => {
    fc.assert(
      fc.property(alpha, seed, (a, s) => {
        const labels = labelsOf(300, 10, 1);
        const deal = (start: number): number[][] => dirichletPartition(labels, { parts: 5, alpha: a, seed: start }).map((part) => [...part]);
        expect(deal(s)).toEqual(deal(s));
        expect(deal(s ^ 1)).not.toEqual(deal(s));
      }),
      { numRuns: 30 },
    );
  });

  it('mixes evenly for a large alpha and concentrates for a small one', () => {
    fc.assert(
      fc.property(seed, (s) => {
        const labels = labelsOf(20_000, 10, 7);
        const even = dirichletPartition(labels, { parts: 10, alpha: 1e5, seed: s });
        const middle = dirichletPartition(labels, { parts: 10, alpha: 0.5, seed: s });
        const pure = dirichletPartition(labels, { parts: 10, alpha: 0.01, seed: s });
        // Shares of Dirichlet(1e5) deviate by 0.3 % of themselves: parts of 2,000 within 5 %.
        for (const part of even) expect(Math.abs(part.length - 2_000)).toBeLessThan(100);
        expect(concentration(even, labels, 10)).toBeLessThan(0.12);
        expect(concentration(middle, labels, 10)).toBeGreaterThan(0.2);
        expect(concentration(pure, labels, 10)).toBeGreaterThan(concentration(middle, labels, 10));
        expect(concentration(pure, labels, 10)).toBeGreaterThan(0.5);
      }),
      { numRuns: 20 },
    );
  });

  it('fills up the needy from the largest part', () => {
    // One label and a tiny alpha: the draw gives all to one part.
    const sizes = dirichletPartition(new Int32Array(100), { parts: 4, alpha: 1e-4, seed: 3, minimum: 7 }).map((part) => part.length);
    expect(sizes.sort((a, b) => a - b)).toEqual([7, 7, 7, 79]);
  });

  it.each([
    [{ parts: 4, alpha: 1, seed: 1, minimum: 3 }, '10 examples cannot give 4 parts 3 each'],
    [{ parts: 2, alpha: 0, seed: 1 }, 'alpha is 0'],
    [{ parts: 2, alpha: Number.NaN, seed: 1 }, 'alpha is NaN'],
    [{ parts: 0, alpha: 1, seed: 1 }, 'parts is 0'],
  ])('refuses %j', (options, message) => {
    expect(() => dirichletPartition(new Int32Array(10), options)).toThrow(expect.objectContaining({ code: 'bad_config', message: expect.stringContaining(message) as string }));
  });
});

describe('an IID partition', () => {
  it('is exact, even, and decided by the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 300 }), seed, (parts, spare, s) => {
        const size = parts + spare;
        const partition = iidPartition(size, { parts, seed: s });
        expectExact(partition, size);
        const sizes = partition.map((part) => part.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(iidPartition(size, { parts, seed: s })).toEqual(partition);
      }),
    );
  });
});

describe('a shard partition', () => {
  it('is exact, and shards are runs of the sorted labels', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 300 }), seed, (parts, shardsPerPart, spare, s) => {
        const labels = labelsOf(parts * shardsPerPart + spare, 5, s);
        expectExact(shardPartition(labels, { parts, shardsPerPart, seed: s }), labels.length);
      }),
    );
  });

  it("is the paper's: 100 clients, two shards of 300, few digits each", () => {
    const labels = Int32Array.from({ length: 60_000 }, (_, i) => i % 10);
    const partition = shardPartition(labels, { parts: 100, seed: 1 });
    expect(partition.map((part) => part.length)).toEqual(new Array(100).fill(600));
    // 300 divides 6,000: here every shard is of one label.
    expect(Math.max(...partition.map((part) => new Set(Array.from(part, (index) => labels[index])).size))).toBe(2);
  });
});

describe('gamma variates', () => {
  it.each([0.1, 0.5, 1, 3, 20])('of shape %f have the mean and the variance of that shape', (shape) => {
    const random = createRandom(11);
    const draws = Float64Array.from({ length: 40_000 }, () => Math.exp(logGamma(shape, random)));
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    // Both equal the shape. Five standard errors: of the mean √(k/n), of the variance √((2k² + 6k)/n).
    expect(Math.abs(mean - shape)).toBeLessThan(5 * Math.sqrt(shape / draws.length));
    expect(Math.abs(variance - shape)).toBeLessThan(5 * Math.sqrt((2 * shape ** 2 + 6 * shape) / draws.length));
  });

  it('make Dirichlet points that add up to one, even for a tiny alpha', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), alpha, seed, (size, a, s) => {
        const shares = dirichlet(size, a, createRandom(s));
        expect(shares.every((share) => share >= 0)).toBe(true);
        expect(shares.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 10);
      }),
    );
  });
});
