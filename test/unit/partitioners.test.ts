/** Partitions small enough to be worked out by hand; what all have in common is in test/conformance/partitioner.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { naturalPartition } from '../../simulations/partitioners/natural.ts';
import type { PartitionInput, PartitionPlan } from '../../simulations/partitioners/partitioner.ts';
import { pathologicalPartition } from '../../simulations/partitioners/pathological.ts';
import { quantityPartition } from '../../simulations/partitioners/quantity.ts';
import { partitionBy, PartitionSpec, type PartitionSpecInput } from '../../simulations/partitioners/registry.ts';

const lists = (parts: PartitionPlan['parts']): number[][] => parts.map((part) => [...part]);
const badConfig = (message: string): unknown => expect.objectContaining({ code: 'bad_config', message: expect.stringContaining(message) as string });

describe('quantity skew', () => {
  it('draws sizes from a Dirichlet distribution: their mean and deviation over many seeds', () => {
    // Shares of Dirichlet(α) of k dimensions have mean 1/k and variance (k − 1)/(k²(kα + 1)): α = 1, k = 4 give 1/4 and 3/80.
    const first = Float64Array.from({ length: 2_000 }, (_, seed) => quantityPartition(10_000, { parts: 4, alpha: 1, seed, minimum: 0 })[0].length / 10_000);
    const mean = first.reduce((a, b) => a + b, 0) / first.length;
    const variance = first.reduce((sum, share) => sum + (share - mean) ** 2, 0) / first.length;
    // Five standard errors of the mean, which chance passes once in 1.7 million seeds; the variance's is 0.0012 by Beta(1, 3)'s fourth moment.
    expect(Math.abs(mean - 1 / 4)).toBeLessThan(5 * Math.sqrt(3 / 80 / first.length));
    expect(Math.abs(variance - 3 / 80)).toBeLessThan(5 * 0.0012);
  });

  it('mixes labels as they are in the whole', () => {
    const labels = Int32Array.from({ length: 40_000 }, (_, i) => i % 4);
    for (const part of quantityPartition(labels.length, { parts: 5, alpha: 1, seed: 2 })) {
      const ones = part.filter((index) => labels[index] === 1).length;
      // A sample without replacement: the count's deviation is below √(n · 3/16). Five of them.
      expect(Math.abs(ones - part.length / 4)).toBeLessThan(5 * Math.sqrt((part.length * 3) / 16) + 1);
    }
  });

  it('raises parts to the minimum at the cost of the largest', () => {
    // A tiny alpha gives all to one.
    const sizes = quantityPartition(100, { parts: 4, alpha: 1e-4, seed: 3, minimum: 7 }).map((part) => part.length);
    expect(sizes.sort((a, b) => a - b)).toEqual([7, 7, 7, 79]);
    expect(quantityPartition(8, { parts: 4, alpha: 1e-4, seed: 3, minimum: 2 }).map((part) => part.length)).toEqual([2, 2, 2, 2]);
    expect(() => quantityPartition(7, { parts: 4, alpha: 1, seed: 3, minimum: 2 })).toThrow(badConfig('7 examples cannot give 4 parts 2 each'));
  });
});

describe('a pathological partition', () => {
  it('gives each client its own label where there is one for each', () => {
    const dealt = lists(pathologicalPartition([0, 1, 2, 0, 1, 2], { parts: 3, labels: 1, seed: 5 }));
    expect(dealt.sort(([a], [b]) => a - b)).toEqual([[0, 3], [1, 4], [2, 5]]);
  });

  it('gives each client exactly so many labels, every label to as many clients, and shares it evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 12 }), fc.integer(), (each, multiple, seed) => {
        const parts = 2 * multiple;
        fc.pre(parts * each >= 6);
        const labels = Int32Array.from({ length: 6 * 60 }, (_, i) => i % 6);
        const held = pathologicalPartition(labels, { parts, labels: each, seed }).map((part) => {
          const counts = new Array<number>(6).fill(0);
          for (const index of part) counts[labels[index]]++;
          return counts;
        });
        expect(held.map((counts) => counts.filter((count) => count > 0).length)).toEqual(new Array(parts).fill(each));
        const takers = Array.from({ length: 6 }, (_, label) => held.filter((counts) => counts[label] > 0).length);
        expect(Math.max(...takers) - Math.min(...takers)).toBeLessThanOrEqual(1);
        for (let label = 0; label < 6; label++) {
          const shares = held.map((counts) => counts[label]).filter((count) => count > 0);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it.each([
    [{ parts: 4, labels: 4 }, '4 labels a client; the examples have 3'],
    [{ parts: 1, labels: 2 }, '1 clients with 2 labels each leave out some of the 3'],
    [{ parts: 6, labels: 2 }, 'has 2 examples for 4 clients'],
  ])('refuses %j', (options, message) => {
    expect(() => pathologicalPartition([0, 1, 2, 0, 1, 2], { ...options, seed: 1 })).toThrow(badConfig(message));
  });
});

describe('a natural partition', () => {
  const owners = [7, 3, 7, 5, 3, 7];

  it('is the owners in order of id, whatever the seed, where there are as many', () => {
    expect(lists(naturalPartition(owners, { parts: 3, seed: 1 }))).toEqual([[1, 4], [3], [0, 2, 5]]);
    expect(naturalPartition(owners, { parts: 3, seed: 2 })).toEqual(naturalPartition(owners, { parts: 3, seed: 1 }));
  });

  it('groups owners whole where there are fewer parts', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const dealt = lists(naturalPartition(owners, { parts: 2, seed }));
      expect(dealt.map((part) => new Set(part.map((index) => owners[index])).size)).toEqual([1, 2]);
      seen.add(JSON.stringify(dealt));
    }
    // Any of the three may stand alone; that one of them never does in 40 seeds has a chance of 3 · (2/3)^40 = 3e-7.
    expect(seen).toEqual(new Set(['[[1,4],[0,2,3,5]]', '[[3],[0,1,2,4,5]]', '[[0,2,5],[1,3,4]]']));
  });

  it('refuses more parts than owners, and data without owners', () => {
    expect(() => naturalPartition(owners, { parts: 4, seed: 1 })).toThrow(badConfig('4 parts, but the examples have 3 owners'));
    for (const none of [null, undefined]) {
      expect(() => partitionBy({ name: 'natural' }, { size: 2, labels: [0, 1], classes: 2, owners: none }, { parts: 1, seed: 1 })).toThrow(badConfig('does not say whose an example is'));
    }
  });
});

describe('feature skew', () => {
  const labels = Int32Array.from({ length: 200 }, (_, i) => i % 10);
  const input: PartitionInput = { size: 200, labels, classes: 10 };
  const deal = (spec: PartitionSpecInput, parts = 4, seed = 9): PartitionPlan => partitionBy(PartitionSpec.parse(spec), input, { parts, seed });

  it('leaves who holds what to its base', () => {
    for (const base of [{ name: 'iid' }, { name: 'dirichlet', alpha: 0.3 }, { name: 'shards' }] as const) {
      expect(deal({ name: 'feature-skew', base, skew: { kind: 'noise', level: 1 } }).parts).toEqual(deal(base).parts);
    }
  });

  it('gives client i of N noise of variance level · i / N', () => {
    const { transforms = [] } = deal({ name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'noise', level: 0.16 } });
    // 0.04, 0.08, 0.12 and 0.16.
    expect(transforms.map((transform) => transform?.kind === 'noise' && transform.deviation)).toEqual([0.2, Math.sqrt(0.08), Math.sqrt(0.12), 0.4]);
    expect(new Set(transforms.map((transform) => transform?.kind === 'noise' && transform.seed)).size).toBe(4);
  });

  it('turns each client by an angle of its own, uniform between the bounds', () => {
    const { transforms = [] } = deal({ name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'rotation', degrees: 30 } }, 200);
    const angles = transforms.map((transform) => (transform?.kind === 'rotate' ? transform.degrees : Number.NaN));
    expect(Math.max(...angles.map(Math.abs))).toBeLessThanOrEqual(30);
    const mean = angles.reduce((a, b) => a + b, 0) / angles.length;
    const square = angles.reduce((sum, angle) => sum + angle ** 2, 0) / angles.length;
    // Uniform in [−30, 30]: mean 0, mean square 300, the square's deviation 900 · √(4/45). Five standard errors.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(300 / 200));
    expect(Math.abs(square - 300)).toBeLessThan((5 * 900 * Math.sqrt(4 / 45)) / Math.sqrt(200));
  });

  it('moves no angle when other clients join', () => {
    const spec = { name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'rotation', degrees: 30 } } as const;
    expect(deal(spec, 8).transforms?.slice(0, 4)).toEqual(deal(spec, 4).transforms);
  });
});

describe('a PartitionSpec', () => {
  it('fills in defaults', () => {
    expect(PartitionSpec.parse({ name: 'dirichlet', alpha: 0.5 })).toEqual({ name: 'dirichlet', alpha: 0.5, minimum: 1 });
    expect(PartitionSpec.parse({ name: 'shards' })).toEqual({ name: 'shards', shardsPerPart: 2 });
    expect(PartitionSpec.parse({ name: 'feature-skew', base: { name: 'quantity', alpha: 2 }, skew: { kind: 'noise', level: 1 } })).toEqual({
      name: 'feature-skew', base: { name: 'quantity', alpha: 2, minimum: 1 }, skew: { kind: 'noise', level: 1 },
    });
  });

  it.each([
    [{ name: 'dirichlet' }, 'alpha'],
    [{ name: 'dirichlet', alpha: 0 }, 'alpha'],
    [{ name: 'dirichlet', alpha: 1, minimum: 1.5 }, 'minimum'],
    [{ name: 'shards', shardsPerPart: 0 }, 'shardsPerPart'],
    [{ name: 'pathological', labels: 'two' }, 'labels'],
    [{ name: 'nobody knows' }, 'name'],
    [{}, 'name'],
    [{ name: 'feature-skew', skew: { kind: 'noise', level: 1 } }, 'base'],
    [{ name: 'feature-skew', base: { name: 'dirichlet', alpha: -1 }, skew: { kind: 'noise', level: 1 } }, 'base.alpha'],
    [{ name: 'feature-skew', base: { name: 'feature-skew' }, skew: { kind: 'noise', level: 1 } }, 'base.name'],
    [{ name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'rotation', degrees: 200 } }, 'skew.degrees'],
  ])('refuses %j by the path %s', (spec, path) => {
    const issues = PartitionSpec.safeParse(spec).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('is refused where the data are: labels beyond the classes', () => {
    expect(() => partitionBy({ name: 'iid' }, { size: 2, labels: [0, 3], classes: 3 }, { parts: 1, seed: 1 })).toThrow(badConfig('example 1 has the label 3; a class index from 0 to 2'));
  });
});
