/** Each rule on numbers worked by hand. */
import { describe, expect, it } from 'vitest';
import { aggregate, aggregateWhole } from '../helpers/aggregate.ts';

describe('mean', () => {
  it('weighs by examples', async () => {
    // (1 · 1 + 3 · 5) / 4 = 4, (1 · 2 + 3 · −2) / 4 = −1.
    expect([...(await aggregate({ rule: 'mean' }, [[1, 2], [5, -2]], { weights: [1, 3] }))]).toEqual([4, -1]);
  });
});

describe('median', () => {
  it('is the middle one of each value, and of an even number the mean of the two in the middle', async () => {
    expect([...(await aggregate({ rule: 'median' }, [[1, 9], [2, -100], [300, 8]]))]).toEqual([2, 8]);
    expect([...(await aggregate({ rule: 'median' }, [[1, 9], [2, -100], [300, 8], [4, 7]]))]).toEqual([3, 7.5]);
  });

  it('takes no heed of weights', async () => {
    expect([...(await aggregate({ rule: 'median' }, [[1, 9], [2, 7], [300, 8]], { weights: [1, 1, 1000] }))]).toEqual([2, 8]);
  });
});

describe('trimmed-mean', () => {
  it('leaves out the lowest and the highest of each value', async () => {
    // Without −50 and 100: (1 + 2 + 6) / 3 = 3. Without 0 and 9: (1 + 2 + 3) / 3 = 2.
    expect([...(await aggregate({ rule: 'trimmed-mean', attackers: 1 }, [[1, 0], [100, 1], [2, 2], [-50, 3], [6, 9]]))]).toEqual([3, 2]);
    // Of five without two at either end the median is left.
    expect([...(await aggregate({ rule: 'trimmed-mean', attackers: 2 }, [[1, 0], [100, 1], [2, 2], [-50, 3], [6, 9]]))]).toEqual([2, 2]);
  });
});

describe('krum', () => {
  // With f = 1 of five the two nearest others count: 0 has 1² + 2.5², 1 has 1² + 1.5² = 3.25, 2.5 has 1.5² + 1.5² = 4.5, 4 has 1.5² + 3².
  const rows = [[0, 0], [1, 0], [2.5, 0], [4, 0], [100, 0]];

  it('is the report to which the others lie nearest', async () => {
    expect([...(await aggregate({ rule: 'krum', attackers: 1 }, rows))]).toEqual([1, 0]);
  });

  it('averages as many of the nearest as are to be kept, two of five unless it is said', async () => {
    expect([...(await aggregate({ rule: 'multi-krum', attackers: 1 }, rows))]).toEqual([1.75, 0]);
    expect([...(await aggregate({ rule: 'multi-krum', attackers: 1, keep: 1 }, rows))]).toEqual([1, 0]);
    // With f = 0 the three nearest count: 2.5 has 10.75, 1 has 12.25, 0 has 23.25, 4 has 27.25.
    expect((await aggregate({ rule: 'multi-krum', attackers: 0, keep: 3 }, rows))[0]).toBeCloseTo(3.5 / 3, 6);
  });

  it('takes of equals the first by its assignment', async () => {
    expect([...(await aggregate({ rule: 'krum', attackers: 0 }, [[5, 0], [5, 1], [5, 2], [5, 3]], { order: [3, 2, 1, 0] }))]).toEqual([5, 1]);
  });
});

describe('bulyan', () => {
  it('lets Krum choose one after the other, and averages those nearest to the median of the chosen', async () => {
    // Seven, f = 1: Krum takes 2 (10), of the others 3 (9), then 1 (10), 4 (1) and 0 (25): their median is 2, and the three nearest are 1, 2 and 3.
    expect([...(await aggregate({ rule: 'bulyan', attackers: 1 }, [0, 1, 2, 3, 4, 5, 100].map((x) => [x, -x])))]).toEqual([2, -2]);
  });

  it('takes no single value from afar that lies in a report near to all others', async () => {
    // Krum by itself would take the first report, which is the mean of the others but for its last value.
    const rows = [[0, 0, 0, 3], [1, 1, 0, 0], [-1, 1, 0, 0], [1, -1, 0, 0], [-1, -1, 0, 0], [0, 0, 2, 0], [0, 0, -2, 0]];
    expect((await aggregate({ rule: 'bulyan', attackers: 1 }, rows))[3]).toBe(0);
  });
});

describe('geometric-median', () => {
  it('pulls to each report by one over its distance', async () => {
    // From the origin the distances are 5, 10 and 20: the pulls 4/7, 2/7 and 1/7.
    const found = await aggregate({ rule: 'geometric-median', iterations: 1 }, [[3, 4], [6, 8], [0, -20]]);
    expect(found[0]).toBeCloseTo(24 / 7, 5);
    expect(found[1]).toBeCloseTo(12 / 7, 5);
  });

  it('comes to the point in which the pulls cancel out, whatever lies far away', async () => {
    // Of three points the one at an angle of more than 120 degrees.
    const found = await aggregate({ rule: 'geometric-median', iterations: 100 }, [[1, 1], [0, 1], [1e8, 0.9]]);
    expect(found[0]).toBeCloseTo(1, 3);
    expect(found[1]).toBeCloseTo(1, 3);
  });
});

describe('norm-bound', () => {
  it('scales what is longer down to the norm, and weighs by examples', async () => {
    // [−6, 8] becomes [−3, 4] and weighs three: (3 − 9) / 4 and (4 + 12) / 4.
    expect([...(await aggregate({ rule: 'norm-bound', norm: 5 }, [[3, 4], [-6, 8]], { weights: [1, 3] }))]).toEqual([-1.5, 4]);
  });

  it('finds the norm by itself: the median of the reports’ own', async () => {
    // 5, 10 and 5000: [3000, −4000] becomes [6, −8].
    const found = await aggregate({ rule: 'norm-bound' }, [[3, 4], [-6, 8], [3000, -4000]]);
    expect(found[0]).toBeCloseTo(1, 6);
    expect(found[1]).toBeCloseTo(4 / 3, 6);
  });
});

describe('centered-clipping', () => {
  it('goes from where the last round came to, and no report pulls further than the radius', async () => {
    // From [3, 0] the one lies 1 away, the other 10 and counts as 2: (1 + 2) / 2.
    expect([...(await aggregate({ rule: 'centered-clipping', radius: 2, iterations: 1 }, [[3, 1], [3, 10]], { last: Float32Array.of(3, 0) }))]).toEqual([3, 1.5]);
    // And once more from [3, 1.5]: 0.5 down, 2 up.
    expect([...(await aggregate({ rule: 'centered-clipping', radius: 2, iterations: 2 }, [[3, 1], [3, 10]], { last: Float32Array.of(3, 0) }))]).toEqual([3, 2.25]);
  });

  it('begins at the origin where nothing is known, and finds the radius by itself', async () => {
    // Distances 5, 10 and 5000, the radius 10: as the norm above.
    const found = await aggregate({ rule: 'centered-clipping', iterations: 1 }, [[3, 4], [-6, 8], [3000, -4000]]);
    expect(found[0]).toBeCloseTo(1, 6);
    expect(found[1]).toBeCloseTo(4 / 3, 6);
  });

  it('remembers what it came to, and it alone', async () => {
    const rows = [Float32Array.of(3, 4), Float32Array.of(3, 4)];
    expect((await aggregateWhole({ rule: 'centered-clipping' }, rows)).remembered).toEqual(Float32Array.of(3, 4));
    expect((await aggregateWhole({ rule: 'median' }, rows)).remembered).toBeNull();
  });
});

describe('what is beside the vectors', () => {
  it('merges by its monoid, weights and count among it', async () => {
    const { merged } = await aggregateWhole({ rule: 'median' }, [Float32Array.of(1, 1), Float32Array.of(2, 2), Float32Array.of(9, 9)], { weights: [1, 2, 5] });
    expect(merged.weight).toBe(8);
    expect(merged.count).toBe(3);
    // The losses are 0, 1 and 2: (0 + 2 + 10) / 8.
    expect([...merged.fields.trainLoss]).toEqual([1.5]);
  });
});
