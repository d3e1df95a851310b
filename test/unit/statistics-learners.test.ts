/** Ridge, k-means and principal components: what edges come to together is what one who held all examples would find. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kmeans, nearestTwo } from '../../shared/algorithms/statistics/kmeans.ts';
import { moveCentres } from '../../shared/algorithms/statistics/kmeans-moves.ts';
import { symmetricEigen, solvePositive } from '../../shared/algorithms/statistics/linear-algebra.ts';
import { ridge } from '../../shared/algorithms/statistics/ridge.ts';
import type { KMeansResult, PcaResult, RidgeResult } from '../../shared/algorithms/statistics/result.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mergeEdges } from '../helpers/merge-edges.ts';
import { thrownBy } from '../helpers/thrown.ts';

type Row = readonly [features: readonly number[], label: number];

const examplesOf = (rows: readonly Row[]): Examples => ({
  size: rows.length, inputs: Float32Array.from(rows.flatMap(([features]) => features)), inputShape: [rows[0][0].length], scale: 1, labels: Float32Array.from(rows, ([, label]) => label), labelShape: [1],
});
const edgesOf = (...parts: readonly (readonly Row[])[]) => parts.map((rows) => ({ columns: () => Promise.reject(new Error('not asked')), examples: () => Promise.resolve(examplesOf(rows)) }));
const spec = (width: number, algorithm: TaskSpecInput['algorithm']): TaskSpecInput => ({
  name: 'numbers',
  data: { kind: 'table', features: Array.from({ length: width }, (_, i) => ({ type: 'numeric' as const, column: `x${i}` })), label: { type: 'numeric', column: 'y' } },
  algorithm: { k: 1, ...algorithm },
  round: { goal: 3, minimum: 1 },
});
/** Dealt out unequally. */
const dealt = (rows: readonly Row[]): Row[][] => [rows.slice(0, 3), rows.slice(3, Math.floor(rows.length / 2)), rows.slice(Math.floor(rows.length / 2))] as Row[][];

describe('ridge regression', () => {
  it('finds the line through points on it, exactly', async () => {
    // y = 2x − 3.
    const { result, state } = await mergeEdges(spec(1, { name: 'ridge', penalty: 0 }), edgesOf([[[0], -3], [[1], -1]], [[[2], 1]], [[[10], 17]]));
    const [target] = (result as RidgeResult).targets;
    expect(target.weights[0]).toBeCloseTo(2, 12);
    expect(target.intercept).toBeCloseTo(-3, 12);
    expect(target.meanSquaredError).toBeCloseTo(0, 12);
    expect(target.explained).toBeCloseTo(1, 12);
    expect([...state.parameters]).toEqual([2, -3]);
  });

  it('shrinks as it is worked out by hand', async () => {
    // x = −1, 0, 1 and y = −2, 1, 4: Σxy = 6, Σx² = 2; with λ = 1 the slope is 6 / 3, the intercept the mean, 1.
    const { result } = await mergeEdges(spec(1, { name: 'ridge', penalty: 1 }), edgesOf([[[-1], -2]], [[[0], 1]], [[[1], 4]]));
    const [target] = (result as RidgeResult).targets;
    expect([target.weights[0], target.intercept].map((value) => Number(value.toFixed(12)))).toEqual([2, 1]);
    // Residuals −1, 0, 1.
    expect(target.meanSquaredError).toBeCloseTo(2 / 3, 12);
    expect(target.explained).toBeCloseTo(1 - 2 / 18, 12);
  });

  it('is the pooled solution within 1e-5, however examples are dealt out, far from zero, too', async () => {
    const width = 6;
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 1000), fc.constantFrom(0.1, 10), async (seed, offset, penalty) => {
        const random = createRandom(seed);
        const rows = Array.from({ length: 60 }, (): Row => {
          const features = Array.from({ length: width }, (_, i) => Math.fround(offset + (1 + i) * random.normal()));
          return [features, Math.fround(features.reduce((sum, x, i) => sum + (i - 2) * x, 5) + random.normal())];
        });
        const { result } = await mergeEdges(spec(width, { name: 'ridge', penalty }), edgesOf(...dealt(rows)));
        const expected = pooledRidge(rows, penalty);
        const [{ weights, intercept }] = (result as RidgeResult).targets;
        expected.weights.forEach((weight, i) => expect(Math.abs(weights[i] - weight)).toBeLessThan(1e-5));
        expect(Math.abs(intercept - expected.intercept)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected.intercept)));
      }),
      { numRuns: 20 },
    );
  });

  it('refuses features that depend on each other where nothing decides between them', async () => {
    const rows: Row[] = [[[1, 2], 1], [[2, 4], 2], [[3, 6], 4]];
    expect((await thrownBy(() => mergeEdges(spec(2, { name: 'ridge', penalty: 0 }), edgesOf(rows)))).message).toMatch(/depend on each other.*penalty above 0/);
    await expect(mergeEdges(spec(2, { name: 'ridge', penalty: 0.01 }), edgesOf(rows))).resolves.toBeDefined();
  });

  it('says of products that no examples have what they are, whatever the penalty', () => {
    // Three features, each pair of which is possible, and not all three: correlations 0.9, 0.9 and −0.9.
    const fields = { examples: Float64Array.of(10), comoments: Float64Array.of(10, 0, 0, 0, 0, 100, 90, 90, 0, 100, -90, 0, 100, 0, 1) };
    const update = () => ridge.update(ridge.init(new Float32Array(4), { k: 1, penalty: 1 }), { weight: 1, count: 1, fields }, { k: 1, penalty: 1 });
    expect(update).toThrow(expect.objectContaining({ code: 'out_of_range', message: expect.stringContaining('no examples have the products that were reported') as string }));
  });

  it('publishes nothing of too few edges', async () => {
    const error = await thrownBy(() => mergeEdges({ ...spec(1, { name: 'ridge', k: 3 }), round: { goal: 3, minimum: 3 } }, edgesOf([[[1], 1]], [[[2], 2]])));
    expect([error.code, error.message]).toEqual(['too_few_edges', expect.stringContaining('only 2 edges reported')]);
  });
});

/** By the normal equations about the means, all examples in one place. */
function pooledRidge(rows: readonly Row[], penalty: number): { readonly weights: number[]; readonly intercept: number } {
  const width = rows[0][0].length;
  const means = Array.from({ length: width }, (_, i) => rows.reduce((sum, [x]) => sum + x[i], 0) / rows.length);
  const mean = rows.reduce((sum, [, y]) => sum + y, 0) / rows.length;
  const a = new Float64Array(width * width);
  const b = new Float64Array(width);
  for (const [x, y] of rows) for (let i = 0; i < width; i++) {
    b[i] += (x[i] - means[i]) * (y - mean);
    for (let j = 0; j < width; j++) a[i * width + j] += (x[i] - means[i]) * (x[j] - means[j]);
  }
  for (let i = 0; i < width; i++) a[i * width + i] += penalty;
  // Gauss with pivots, so that the same code does not judge itself.
  const order = Array.from({ length: width }, (_, i) => i);
  for (let p = 0; p < width; p++) {
    const best = order.slice(p).reduce((at, row) => (Math.abs(a[row * width + p]) > Math.abs(a[at * width + p]) ? row : at), order[p]);
    order[order.indexOf(best)] = order[p];
    order[p] = best;
    for (const row of order.slice(p + 1)) {
      const factor = a[row * width + p] / a[best * width + p];
      for (let j = p; j < width; j++) a[row * width + j] -= factor * a[best * width + j];
      b[row] -= factor * b[best];
    }
  }
  const weights = new Array<number>(width).fill(0);
  for (let p = width - 1; p >= 0; p--) {
    const row = order[p];
    let rest = b[row];
    for (let j = p + 1; j < width; j++) rest -= a[row * width + j] * weights[j];
    weights[p] = rest / a[row * width + p];
  }
  return { weights, intercept: mean - weights.reduce((sum, weight, i) => sum + weight * means[i], 0) };
}

describe('k-means', () => {
  const blobs = (centres: readonly (readonly number[])[], each: number, seed: number): Row[] => {
    const random = createRandom(seed);
    return centres.flatMap((centre) => Array.from({ length: each }, (): Row => [centre.map((x) => Math.fround(x + 0.1 * random.normal())), 0]));
  };

  it('splits and moves as it is worked out by hand', async () => {
    // 0, 1, 9, 10: round 1 finds the mean 5; round 2 halves there, or at 10 / 3, the means 0.5 and 9.5 and what a split gains, 2 · 2 / 4 · 9².
    const { results } = await mergeEdges(spec(1, { name: 'kmeans', clusters: 2 }), edgesOf([[[0], 0], [[9], 0]], [[[1], 0], [[10], 0]]), 3);
    const [first, second, third] = results as KMeansResult[];
    // About the first centre, zero: (0 + 1 + 81 + 100) / 4.
    expect(first).toMatchObject({ clusters: [{ count: 4, edges: 2, centre: [5] }], inertia: 45.5, shift: 5 });
    expect(second.clusters.toSorted((a, b) => a.centre[0] - b.centre[0])).toEqual([{ count: 2, edges: 2, centre: [0.5] }, { count: 2, edges: 2, centre: [9.5] }]);
    // About 5: (25 + 16 + 16 + 25) / 4.
    expect(second.inertia).toBe(20.5);
    expect(third).toMatchObject({ inertia: 0.25, shift: 0, wanted: 2 });
  });

  it('gives up the cluster that is missed least where splitting another gains more', () => {
    // Centres at −1 and 1 for 0 ∓ 1, and one at 110 for 100 and 120: the missed ones cost Σ (x ± 1)² − (x ∓ 1)² = 4 each, a split gains ½ · 20² / 2 = 200.
    const state = { parameters: Float32Array.of(-1, 1, 110, 1, 1, 1, 0, 0, 0), vectors: {}, numbers: { active: 3, moves: 5, settled: 9 } };
    const fields = {
      examples: Float64Array.of(4), counts: Float64Array.of(1, 1, 2, 0, 0, 1), edges: Float64Array.of(1, 1, 2, 0, 0, 1, 1, 1, 1),
      sums: Float64Array.of(0, 0, 0, 0, 0, 10), squares: Float64Array.of(0, 0, 200, 4, 4, 109 ** 2 - 100),
    };
    const next = moveCentres(state, { weight: 2, count: 2, fields }, { k: 1, clusters: 3 });
    expect([...next.parameters.subarray(0, 3)]).toEqual([1, 100, 120]);
    expect(next.wide).toEqual({ counts: Float64Array.of(1, 1, 1), edges: Float64Array.of(1, 1, 1) });
    // With k = 2 no half is large enough, and the two clusters of one edge each join the third: (−1 + 1 + 220) / 4.
    const alone = moveCentres(state, { weight: 2, count: 2, fields }, { k: 2, clusters: 3 });
    expect([alone.numbers.active, alone.parameters[0]]).toEqual([1, 55]);
    expect(alone.wide).toEqual({ counts: Float64Array.of(4), edges: Float64Array.of(2) });
  });

  it('comes to the same centres whether one edge holds all examples or several do', async () => {
    const rows = blobs([[0, 0], [5, 0], [0, 5], [5, 5], [10, 10]], 30, 3);
    const shuffled = rows.toSorted((a, b) => a[0][0] * 7919 % 1 - b[0][0] * 7919 % 1);
    const task = spec(2, { name: 'kmeans', clusters: 5 });
    const [together, apart] = await Promise.all([mergeEdges(task, edgesOf(rows), 12), mergeEdges(task, edgesOf(...dealt(shuffled)), 12)]);
    together.state.parameters.forEach((value, i) => expect(Math.abs(value - apart.state.parameters[i])).toBeLessThan(1e-5));
    // Centres travel as float32.
    expect((apart.result as KMeansResult).shift).toBeLessThan(1e-6);
    // The five blobs themselves: a mean squared distance of about twice 0.1², of two blobs together it would be 12.5 / 5 and more.
    expect((apart.result as KMeansResult).inertia).toBeLessThan(0.03);
    expect((apart.result as KMeansResult).clusters.map(({ count }) => count)).toEqual([30, 30, 30, 30, 30]);
  });

  it('is a fixed point of Lloyd’s algorithm on all examples', async () => {
    const random = createRandom(11);
    const rows = Array.from({ length: 200 }, (): Row => [[Math.fround(random.normal()), Math.fround(3 * random.normal()), Math.fround(random.next())], 0]);
    const { state, result } = await mergeEdges(spec(3, { name: 'kmeans', clusters: 7 }), edgesOf(...dealt(rows)), 60);
    expect((result as KMeansResult).shift).toBeLessThan(1e-6);
    const sums = Array.from({ length: 7 }, () => [0, 0, 0, 0]);
    for (const [x] of rows) {
      const sum = sums[nearestTwo(Float64Array.from(x), state.parameters, 7).nearest];
      x.forEach((value, i) => (sum[i] += value));
      sum[3]++;
    }
    sums.forEach(([a, b, c, n], cluster) => [a, b, c].forEach((sum, i) => expect(Math.abs(sum / n - state.parameters[3 * cluster + i])).toBeLessThan(1e-5)));
  });

  it('tells of no cluster that one edge has, and leaves nothing to be subtracted', async () => {
    // One edge has an outlier of its own: with k = 2 no cluster is made of it.
    const near: Row[] = [[[0], 0], [[1], 0], [[2], 0]];
    const task = { ...spec(1, { name: 'kmeans', clusters: 2, k: 2 }), round: { goal: 3, minimum: 2 } };
    const { results } = await mergeEdges(task, edgesOf([...near, [[1000], 0]], near, near), 12);
    for (const { clusters, rows } of results as KMeansResult[]) {
      expect(clusters.every(({ edges, centre }) => edges >= 2 && centre[0] < 500)).toBe(true);
      // Every example counts somewhere: the sum of all, 1009, is never told beside a sum of all but one.
      expect(clusters.reduce((sum, { count }) => sum + count, 0)).toBe(rows);
      expect(clusters.reduce((sum, { count, centre }) => sum + count * centre[0], 0)).toBeCloseTo(1009, 3);
    }
  });

  it('says of sums that no examples have what they are', () => {
    const state = { parameters: Float32Array.of(0, 1, 0), vectors: {}, numbers: { active: 1, moves: 0, settled: 0 } };
    const fields = { examples: Float64Array.of(2), counts: Float64Array.of(2, 0), edges: Float64Array.of(2, 0, 2), sums: Float64Array.of(1e60, 0), squares: Float64Array.of(1, 0) };
    expect(() => moveCentres(state, { weight: 2, count: 2, fields }, { k: 1, clusters: 1 })).toThrow(expect.objectContaining({ code: 'out_of_range', message: expect.stringContaining('an edge reports sums of what it does not hold') as string }));
  });

  it('goes on from centres that are adopted, all of them', async () => {
    const task = spec(2, { name: 'kmeans', clusters: 5 });
    const rows = blobs([[0, 0], [5, 0], [0, 5], [5, 5], [10, 10]], 30, 3);
    const { state } = await mergeEdges(task, edgesOf(rows), 12);
    expect(kmeans.init(state.parameters, { k: 1, clusters: 5 }).numbers.active).toBe(5);
    const { state: early } = await mergeEdges(task, edgesOf(rows), 2);
    expect(kmeans.init(early.parameters, { k: 1, clusters: 5 }).numbers.active).toBe(2);
    expect(kmeans.init(new Float32Array(25), { k: 1, clusters: 5 }).numbers.active).toBe(1);
  });

  // Awkward ones: three dense heaps far from five thin ones; heaps of heaps of heaps; thin and wide; as many heaps as a grid has; heavy tails; nothing to be found.
  const awkward = (name: string): readonly [rows: Row[], clusters: number] => {
    const random = createRandom(7);
    const heap = (centre: readonly number[], each: number, spread: number): Row[] => Array.from({ length: each }, (): Row => [centre.map((x) => Math.fround(x + spread * random.normal())), 0]);
    const heaps = (count: number, make: (i: number) => Row[]): Row[] => Array.from({ length: count }, (_, i) => make(i)).flat();
    switch (name) {
      case 'unbalanced':
        return [[...heaps(3, (i) => heap([-100 + 4 * i, 4 * (i % 2)], 600, 0.6)), ...heaps(5, (i) => heap([100 + 20 * (i % 3), -40 + 30 * i], 40, 2))], 8];
      case 'nested':
        return [heaps(27, (i) => heap([100 * (i % 3), 10 * (Math.floor(i / 3) % 3), Math.floor(i / 9)], 30, 0.1)), 27];
      case 'of all sizes':
        return [heaps(16, () => heap([60 * random.next(), 60 * random.next()], 20 + Math.floor(200 * random.next()), 0.5 + 2 * random.next())), 16];
      case 'a grid':
        return [heaps(25, (i) => heap([10 * (i % 5), 10 * Math.floor(i / 5)], 40, 1)), 25];
      case 'heavy tails':
        return [Array.from({ length: 1500 }, (): Row => [[random.normal() / Math.max(0.05, Math.abs(random.normal())), random.normal()].map(Math.fround), 0]), 12];
      default:
        return [Array.from({ length: 1500 }, (): Row => [[random.next(), random.next()].map(Math.fround), 0]), 10];
    }
  };
  it.each(['unbalanced', 'nested', 'of all sizes', 'a grid', 'heavy tails', 'even'])('is within five per cent of the best of ten k-means++ on examples that are awkward: %s', async (name) => {
    const [rows, clusters] = awkward(name);
    const { result } = await mergeEdges(spec(2, { name: 'kmeans', clusters }), edgesOf(...dealt(rows)), 30);
    const best = Math.min(...Array.from({ length: 10 }, (_, seed) => pooledKMeans(rows, clusters, seed + 1)));
    expect((result as KMeansResult).clusters).toHaveLength(clusters);
    expect((result as KMeansResult).inertia).toBeLessThan(1.05 * best);
  });
});

/** k-means++ (Arthur, Vassilvitskii 2007) and Lloyd's algorithm to the end, all examples in one place. @returns mean squared distance */
function pooledKMeans(rows: readonly Row[], clusters: number, seed: number): number {
  const random = createRandom(seed);
  const points = rows.map(([x]) => x);
  const apart = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, j) => sum + (value - b[j]) ** 2, 0);
  let centres = [points[Math.floor(random.next() * points.length)]];
  const nearest = points.map((point) => apart(point, centres[0]));
  while (centres.length < clusters) {
    let at = random.next() * nearest.reduce((sum, distance) => sum + distance, 0);
    const drawn = points[Math.max(0, nearest.findIndex((distance) => (at -= distance) <= 0))];
    centres.push(drawn);
    points.forEach((point, i) => (nearest[i] = Math.min(nearest[i], apart(point, drawn))));
  }
  for (let [before, inertia] = [Infinity, Number.MAX_VALUE]; ; ) {
    const own = points.map((point) => centres.reduce((best, centre, c) => (apart(point, centre) < best[1] ? [c, apart(point, centre)] as const : best), [0, Infinity] as const));
    [before, inertia] = [inertia, own.reduce((sum, [, distance]) => sum + distance, 0) / points.length];
    if (before - inertia < 1e-9 * before) return inertia;
    centres = centres.map((centre, c) => {
      const members = points.filter((_, i) => own[i][0] === c);
      return members.length === 0 ? centre : centre.map((_, j) => members.reduce((sum, point) => sum + point[j], 0) / members.length);
    });
  }
}

describe('principal components', () => {
  it('of a cross are its arms, after one round where the subspace is the whole plane', async () => {
    // Along (3, 4) / 5 by ± 5, across it by ± 1: variances 12.5 and 0.5.
    const rows: Row[] = [[[3, 4], 0], [[-3, -4], 0], [[-0.8, 0.6], 0], [[0.8, -0.6], 0]].map(([x, y]) => [(x as number[]).map((value, i) => value + 10 * (i + 1)), y as number]);
    const { result } = await mergeEdges(spec(2, { name: 'pca', components: 2 }), edgesOf(rows.slice(0, 1), rows.slice(1)));
    const { components, means, variance } = result as PcaResult;
    expect(means.map((mean) => Number(mean.toFixed(6)))).toEqual([10, 20]);
    expect(variance).toBeCloseTo(13, 5);
    expect(components.map((one) => one.variance)).toEqual([expect.closeTo(12.5, 5), expect.closeTo(0.5, 5)]);
    expect(components[0].vector).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
  });

  it('come to the eigenvectors of the pooled covariance over rounds', async () => {
    const width = 24;
    const random = createRandom(5);
    const mixing = Array.from({ length: width }, () => Array.from({ length: width }, (_, j) => random.normal() * 0.7 ** j));
    const rows = Array.from({ length: 300 }, (): Row => {
      const hidden = Array.from({ length: width }, () => random.normal());
      return [mixing.map((row) => Math.fround(100 + row.reduce((sum, weight, j) => sum + weight * hidden[j], 0))), 0];
    });
    const { result, results } = await mergeEdges(spec(width, { name: 'pca', components: 4, beside: 4 }), edgesOf(...dealt(rows)), 25);
    const expected = symmetricEigen(covarianceOf(rows), width);
    (result as PcaResult).components.forEach(({ variance, vector }, i) => {
      expect(Math.abs(variance / expected.values[i] - 1)).toBeLessThan(1e-5);
      const product = vector.reduce((sum, value, j) => sum + value * expected.vectors[i * width + j], 0);
      expect(Math.abs(product)).toBeGreaterThan(1 - 1e-6);
    });
    expect((result as PcaResult).turned).toBeLessThan(1e-3);
    expect((results[0] as PcaResult).turned).toBeGreaterThan(0.1);
    expect((result as PcaResult).variance).toBeCloseTo(expected.values.reduce((a, b) => a + b, 0), 2);
  });
});

function covarianceOf(rows: readonly Row[]): Float64Array {
  const width = rows[0][0].length;
  const means = Array.from({ length: width }, (_, i) => rows.reduce((sum, [x]) => sum + x[i], 0) / rows.length);
  return Float64Array.from({ length: width * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width];
    return rows.reduce((sum, [x]) => sum + (x[i] - means[i]) * (x[j] - means[j]), 0) / rows.length;
  });
}

describe('linear algebra', () => {
  it('gives eigenvectors that are orthonormal and multiply back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }).chain((n) => fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: n * n, maxLength: n * n }).map((values) => ({ n, values }))), ({ n, values }) => {
        const a = Float64Array.from({ length: n * n }, (_, at) => (values[at] + values[(at % n) * n + Math.floor(at / n)]) / 2);
        const { values: found, vectors } = symmetricEigen(a.slice(), n);
        for (let i = 0; i < n; i++) {
          if (i > 0) expect(found[i]).toBeLessThanOrEqual(found[i - 1]);
          for (let j = 0; j < n; j++) {
            let [product, image] = [0, 0];
            for (let k = 0; k < n; k++) {
              product += vectors[i * n + k] * vectors[j * n + k];
              image += a[j * n + k] * vectors[i * n + k];
            }
            expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-12);
            expect(Math.abs(image - found[i] * vectors[i * n + j])).toBeLessThan(1e-11);
          }
        }
      }),
    );
  });

  it('gives eigenvalues that are known, some of them equal, some zero, some far apart', () => {
    // The second difference of n places: 2 − 2 cos(π j / (n + 1)).
    const n = 60;
    const differences = Float64Array.from({ length: n * n }, (_, at) => [2, -1][Math.abs((at % n) - Math.floor(at / n))] ?? 0);
    symmetricEigen(differences, n).values.forEach((value, i) => expect(value).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (n - i)) / (n + 1)), 12));
    expect([...symmetricEigen(new Float64Array(9).fill(1), 3).values].map((value) => Math.round(1e12 * value) / 1e12 + 0)).toEqual([3, 0, 0]);
    expect([...symmetricEigen(new Float64Array(16), 4).values]).toEqual([0, 0, 0, 0]);
    expect([...symmetricEigen(Float64Array.of(5), 1).values]).toEqual([5]);
    // As small as numbers are: still a rotation by 45°.
    expect([...symmetricEigen(Float64Array.of(0, 1e-323, 1e-323, 0), 2).vectors].map((value) => Math.abs(value))).toEqual(new Array(4).fill(expect.closeTo(Math.SQRT1_2, 12)));
    // diag(10^12, 1, 10^−12) turned by 3/5, 4/5 in its first two: the product of a small and a large one keeps its digits.
    const { values } = symmetricEigen(Float64Array.of(0.36e12 + 0.64, 0.48e12 - 0.48, 0, 0.48e12 - 0.48, 0.64e12 + 0.36, 0, 0, 0, 1e-12), 3);
    expect([values[0] / 1e12, values[1], values[2]]).toEqual([expect.closeTo(1, 12), expect.closeTo(1, 3), expect.closeTo(1e-12, 18)]);
  });

  it('solves what it can, and says what it cannot', () => {
    // [[4, 2], [2, 3]] x = [2, 5]: x = (−0.5, 2).
    const b = Float64Array.of(2, 5);
    expect(solvePositive(Float64Array.of(4, 2, 2, 3), b, 2, 1)).toBe(true);
    expect([...b].map((value) => Number(value.toFixed(12)))).toEqual([-0.5, 2]);
    expect(solvePositive(Float64Array.of(1, 2, 2, 4), Float64Array.of(1, 1), 2, 1)).toBe(false);
    expect(solvePositive(Float64Array.of(0), Float64Array.of(1), 1, 1)).toBe(false);
  });

  it('minds no units: a column in millionths beside one in millions depends on nothing', () => {
    // [[4, 2], [2, 3]] with the second unknown in units of 10^9: x = (−0.5, 2 · 10^9).
    const b = Float64Array.of(2, 5e-9);
    expect(solvePositive(Float64Array.of(4, 2e-9, 2e-9, 3e-18), b, 2, 1)).toBe(true);
    expect([b[0], b[1]]).toEqual([expect.closeTo(-0.5, 12), expect.closeTo(2e9, 0)]);
  });
});
