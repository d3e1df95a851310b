import { describe, expect, it } from 'vitest';
import { rateAt, LearningRate } from '../../shared/algorithms/learning-rate.ts';
import { chooseRate, hasRunAway, lossAt, ratesOf, withGrowingRate, type TriedRate } from '../../shared/algorithms/rate-test.ts';
import { drawRateCurve } from '../../simulations/report/rate-curve.ts';

const curve = (losses: readonly (number | null)[], from = 0.001): TriedRate[] => losses.map((loss, i) => ({ rate: Number((from * 10 ** i).toPrecision(6)), loss }));

describe('rates that grow', () => {
  it('do so by the same factor each round, to the last one, and stay there', () => {
    const setting = LearningRate.parse({ schedule: 'geometric', initial: 0.01, final: 100, rounds: 5 });
    [0.01, 0.1, 1, 10, 100, 100].forEach((expected, i) => expect(rateAt(setting, i + 1)).toBeCloseTo(expected, 9));
    expect(ratesOf({ from: 0.01, to: 100, rounds: 5 }).map((rate) => Number(rate.toPrecision(9)))).toEqual([0.01, 0.1, 1, 10, 100]);
    expect(LearningRate.safeParse({ schedule: 'geometric', initial: 0, final: 1, rounds: 5 }).success).toBe(false);
  });

  it('are the edges’ where these have a rate, else the server’s', () => {
    const range = { from: 0.1, to: 1, rounds: 4 };
    const growing = { schedule: 'geometric', initial: 0.1, final: 1, rounds: 4 };
    expect(withGrowingRate({ name: 'fedavg', epochs: 2, learningRate: 7, server: { name: 'adam' } }, range)).toEqual({ name: 'fedavg', epochs: 2, learningRate: growing, server: { name: 'adam' } });
    expect(withGrowingRate({ name: 'fedsgd', server: { name: 'sgd', learningRate: 7, momentum: 0.9 } }, range)).toEqual({ name: 'fedsgd', server: { name: 'sgd', learningRate: growing, momentum: 0.9 } });
    expect(() => withGrowingRate({ name: 'statistics' }, range)).toThrow(expect.objectContaining({ code: 'bad_task_spec' }) as Error);
  });
});

describe('the choice of a rate', () => {
  it('is where the loss is lowest', () => {
    // It falls by 0.1, 1, 0.6 and rises behind that: most at 0.1, lowest at 1.
    expect(chooseRate(curve([2.3, 2.2, 1.2, 0.6, 0.9]))).toEqual({ rate: 1, reason: 'the loss fell most at 0.1 and was lowest at 1; it rose behind that, and did not run away', steepest: 0.1, lowest: 1, diverged: null });
  });

  it('does not look at what comes when training has run away', () => {
    const ran = { rate: 1, reason: 'the loss fell most at 0.1 and was lowest at 1; it ran away at 10', steepest: 0.1, lowest: 1, diverged: 10 };
    expect(chooseRate(curve([2.3, 2.2, 1.2, 0.6, 1.3, 0.1]))).toEqual(ran);
    expect(chooseRate(curve([2.3, 2.2, 1.2, 0.6, Infinity]))).toEqual(ran);
  });

  it('goes back half of the way to where the loss falls most, where it would else be close to running away', () => {
    const tried = [[0.1, 2.3], [0.2, 1.2], [0.4, 0.8], [0.8, 0.5], [1.6, Infinity]].map(([rate, loss]) => ({ rate, loss }));
    // √(0.2 · 0.8)
    expect(chooseRate(tried)).toEqual({ rate: 0.4, reason: 'the loss fell most at 0.2 and was lowest at 0.8; it ran away at 1.6, close to that', steepest: 0.2, lowest: 0.8, diverged: 1.6 });
  });

  it('passes over rounds that say nothing, and says where more rates should be tried', () => {
    expect(chooseRate(curve([2.3, null, 2, 1]))).toEqual({ rate: 1, reason: 'the loss fell most at 1 and was lowest at 1; it was still falling at the last one: larger ones may be better still', steepest: 1, lowest: 1, diverged: null });
  });

  it('is none where nothing was learned, or too little was tried', () => {
    expect(chooseRate(curve([2.3, 2.29, 2.28, 2.25]))).toMatchObject({ rate: null, reason: 'at none of these rates did the loss fall by 10 % or more: try larger ones' });
    expect(chooseRate(curve([2.3, Infinity, 1]))).toMatchObject({ rate: null, diverged: 0.01, reason: 'training ran away at 0.01 already, before three rates were tried: begin with smaller ones' });
    expect(chooseRate([])).toMatchObject({ rate: null, reason: 'fewer than three rounds told a loss' });
  });

  it('ends when training has run away, and not where a round failed by itself', () => {
    expect(hasRunAway(curve([2, 1, 1.9]))).toBe(false);
    expect(hasRunAway(curve([2, 1, 2.1]))).toBe(true);
    expect(hasRunAway(curve([2, 1, null]))).toBe(false);
    expect(lossAt({ outcome: 'aborted', reason: 'the update failed: the update made weight 3 NaN', trainLoss: null })).toBe(Infinity);
    expect(lossAt({ outcome: 'aborted', reason: '3 of 5 reports came', trainLoss: null })).toBeNull();
    expect(lossAt({ outcome: 'committed', reason: null, trainLoss: NaN })).toBe(Infinity);
    expect(lossAt({ outcome: 'committed', reason: null, trainLoss: 0.5 })).toBe(0.5);
  });
});

describe('the picture of the rates', () => {
  it('shows each rate that told a loss, and the recommended one', () => {
    const tried = curve([2.3, 2.2, null, 0.6, Infinity]);
    const svg = drawRateCurve('digits <1>: loss by rate', tried, chooseRate(tried));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
    expect(svg.match(/<circle class="dot"[^>]*var\(--c1\)/g)).toHaveLength(4);
    expect(svg.match(/<circle class="dot"[^>]*var\(--c2\)/g)).toHaveLength(1);
    expect(svg).toContain('digits &#60;1&#62;');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is drawn also where nothing is recommended', () => {
    const svg = drawRateCurve('none', [], chooseRate([]));
    expect(svg).toContain('No rate is recommended');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});
