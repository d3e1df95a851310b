/** Sketches: what they promise, on data whose answers are known. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { distinctError, distinctRegisters, estimateDistinct, longestRun } from '../../shared/statistics/sketches/distinct-sketch.ts';
import { disguiseProbability, frequentItems, frequentSizes, packItems, sketchItems, unpackItems, type FrequentSketch } from '../../shared/statistics/sketches/frequent-sketch.ts';
import { murmur3 } from '../../shared/statistics/sketches/hash64.ts';
import { bucketIndex, quantileOf, quantileSketchSize, type QuantileLayout } from '../../shared/statistics/sketches/quantile-sketch.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('the hash', () => {
  // Of the reference implementation, as its test vectors are published.
  it.each<[string, number, number]>([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('of %j by the seed %i', (value, seed, expected) => {
    expect(murmur3(text(value), seed)).toBe(expected);
  });
});

describe('the quantile sketch', () => {
  const layout: QuantileLayout = { error: 0.01, least: 1e-6, most: 1e9 };
  const countsOf = (values: readonly number[], wanted = layout): Float64Array => {
    const counts = new Float64Array(quantileSketchSize(wanted));
    const indexOf = bucketIndex(wanted);
    for (const value of values) counts[indexOf(value)]++;
    return counts;
  };

  it('answers within its relative error, for any values and any quantile', () => {
    const value = fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -100, max: 100 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.001, 0.01, 0.05), (values, q, error) => {
        const wanted = { ...layout, error };
        const exact = values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
        const found = quantileOf(countsOf(values, wanted), wanted, q);
        expect(found).not.toBe(null);
        expect(Math.abs((found ?? NaN) - exact)).toBeLessThanOrEqual(error * Math.abs(exact) * (1 + 1e-9) + layout.least);
      }),
    );
  });

  it('keeps the ends of its buckets within the error, from the least to the largest', () => {
    const indexOf = bucketIndex(layout);
    const gamma = 1.01 / 0.99;
    for (let magnitude = layout.least * 1.0001; magnitude < layout.most; magnitude *= gamma ** 0.49) {
      for (const value of [magnitude, -magnitude]) {
        const counts = new Float64Array(quantileSketchSize(layout));
        counts[indexOf(value)] = 1;
        expect(Math.abs((quantileOf(counts, layout, 0.5) ?? NaN) / value - 1)).toBeLessThanOrEqual(0.01 * (1 + 1e-9));
      }
    }
  });

  it('has no value for what lies beyond, and none of nothing', () => {
    expect(quantileOf(countsOf([]), layout, 0.5)).toBe(null);
    expect([0, 0.5, 1].map((q) => quantileOf(countsOf([-1e10, 0, 1e10]), layout, q))).toEqual([null, 0, null]);
  });

  it('merges by adding', () => {
    const [a, b] = [[1, 5, 9, 200], [-3, 0, 4]];
    expect(countsOf(a).map((count, i) => count + countsOf(b)[i])).toEqual(countsOf([...a, ...b]));
  });
});

describe('the sketch of distinct items', () => {
  const items = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `item ${from + i}`);

  it.each([0, 1, 10, 100, 1000, 10_000, 100_000])('counts %i within three standard errors', (count) => {
    const estimate = estimateDistinct(distinctRegisters(items(0, count), 12), 12);
    expect(Math.abs(estimate - count)).toBeLessThanOrEqual(3 * distinctError(12) * count);
  });

  it('has the standard error that it states', () => {
    // A hundred sets of 5000 items: the root of the mean square of the relative error.
    for (const precision of [8, 10]) {
      let squares = 0;
      for (let set = 0; set < 100; set++) squares += (estimateDistinct(distinctRegisters(items(set * 5000, (set + 1) * 5000), precision), precision) / 5000 - 1) ** 2;
      const measured = Math.sqrt(squares / 100);
      expect(measured).toBeLessThan(1.25 * distinctError(precision));
      expect(measured).toBeGreaterThan(0.75 * distinctError(precision));
    }
  });

  it('tells a number, also of registers that somebody filled to the brim', () => {
    expect(estimateDistinct(new Float64Array(2 ** 6).fill(longestRun(6)), 6)).toBe(2 ** 64);
    expect(estimateDistinct(new Float64Array(2 ** 6), 6)).toBe(0);
  });

  it('merges by the larger register: what two hold together counts once', () => {
    const [a, b] = [distinctRegisters(items(0, 600), 10), distinctRegisters(items(400, 1000), 10)];
    expect(a.map((run, i) => Math.max(run, b[i]))).toEqual(distinctRegisters(items(0, 1000), 10));
  });
});

describe('the sketch of frequent items', () => {
  const layout = { bytes: 16, width: 4096, spelling: 64 };
  const merged = (edges: readonly (readonly [string, number][])[], wanted = layout): FrequentSketch => {
    const sizes = frequentSizes(wanted);
    const sum = { counts: new Float64Array(sizes.counts), edges: new Float64Array(sizes.edges), bits: new Float64Array(sizes.bits) };
    for (const edge of edges) {
      const one = sketchItems(new Map(edge), wanted);
      for (const part of ['counts', 'edges', 'bits'] as const) sum[part].forEach((value, i) => (sum[part][i] = value + one[part][i]));
    }
    return sum;
  };

  it('spells a few items, counts them and their edges exactly', () => {
    const sketch = merged([[['Rome', 5], ['Oslo', 2], ['Übersee', 1]], [['Rome', 1], ['Lima', 4]]]);
    expect(frequentItems(sketch, layout)).toEqual([
      { value: 'Rome', count: 6, edges: 2 },
      { value: 'Lima', count: 4, edges: 1 },
      { value: 'Oslo', count: 2, edges: 1 },
      { value: 'Übersee', count: 1, edges: 1 },
    ]);
  });

  it('cuts what is too long, between two characters', () => {
    const sketch = merged([[['a very long name of a town', 3], ['a very long name of another', 2], ['fünfzehn bytes ä…', 1]]]);
    expect(frequentItems(sketch, layout).map(({ value, count }) => [value, count])).toEqual([['a very long name…', 5], ['fünfzehn bytes …', 1]]);
  });

  it('finds the heavy ones among thousands, by counts that are never too small and seldom too large', () => {
    // Zipf: item i occurs 20,000 / i times; 3000 different ones.
    const counts = Array.from({ length: 3000 }, (_, i): [string, number] => [`word-${i + 1}`, Math.ceil(20_000 / (i + 1))]);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const found = frequentItems(merged([counts]), layout);
    const exact = new Map(counts);
    for (const { value, count } of found) {
      expect(exact.has(value)).toBe(true);
      expect(count).toBeGreaterThanOrEqual(exact.get(value) ?? Infinity);
      expect(count - (exact.get(value) ?? 0)).toBeLessThanOrEqual((Math.E / layout.width) * total);
    }
    // Whatever makes up more than 2 / 64 of all.
    const heavy = counts.filter(([, count]) => count > total / 32).map(([value]) => value);
    expect(heavy.length).toBeGreaterThan(2);
    expect(found.map(({ value }) => value)).toEqual(expect.arrayContaining(heavy));
  });

  it('packs what is told, and nothing else, to be stored', () => {
    const items = [{ value: 'Rome', count: 7, edges: 3 }, { value: 'Llanfairpwllgwyn…', count: 2, edges: 2 }, { value: '', count: 1, edges: 1 }, { value: 'Ṽílňí', count: 1, edges: 1 }];
    const layout = { bytes: 16, width: 64, spelling: 8 };
    expect(unpackItems(packItems(items, layout), layout)).toEqual(items);
    expect(unpackItems(packItems([], layout), layout)).toEqual([]);
  });

  it('knows when an item of one edge could pass for one of several', () => {
    const random = createRandom(7);
    const names = (count: number): [string, number][] => Array.from({ length: count }, () => [`name ${random.int(1e9)}`, 1]);
    const few = merged([names(100), names(100), names(100)]);
    const many = merged([names(5000), names(5000), names(5000)]);
    expect(disguiseProbability(few.edges, layout.width, 2)).toBeLessThan(1e-4);
    expect(disguiseProbability(many.edges, layout.width, 2)).toBeGreaterThan(0.01);
  });
});
