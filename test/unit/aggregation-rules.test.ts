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

describe('what is beside the vectors', () => {
  it('merges by its monoid, weights and count among it', async () => {
    const { merged } = await aggregateWhole({ rule: 'median' }, [Float32Array.of(1, 1), Float32Array.of(2, 2), Float32Array.of(9, 9)], { weights: [1, 2, 5] });
    expect(merged.weight).toBe(8);
    expect(merged.count).toBe(3);
    // The losses are 0, 1 and 2: (0 + 2 + 10) / 8.
    expect([...merged.fields.trainLoss]).toEqual([1.5]);
  });
});
