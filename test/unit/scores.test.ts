import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { Candidate, DrawContext } from '../../shared/selection/candidate.ts';
import { estimatedRoundMs } from '../../shared/selection/expected-round.ts';
import { findScore, SCORES, ScoreSetting } from '../../shared/selection/scores/registry.ts';
import { clippedFractions, quantile, staleness, systemUtility } from '../../shared/selection/utility.ts';
import { scoreConformance } from '../conformance/score.ts';
import { candidate, drawContext, edgeNumber, track } from '../helpers/candidates.ts';

for (const score of SCORES) scoreConformance(score, {});
scoreConformance(findScore(ScoreSetting.parse({ name: 'roundTime' })), { preferredSeconds: 3, alpha: 2, untried: 0 });
scoreConformance(findScore(ScoreSetting.parse({ name: 'powerOfChoice' })), { among: 3 });

const holding = (...counts: number[]): Candidate[] => counts.map((examples, i) => candidate({ edge: edgeNumber(i), examples }));
function rate(setting: object, candidates: readonly Candidate[], context: DrawContext = drawContext(), count = 1, seed = 1): number[] {
  const parsed = ScoreSetting.parse(setting);
  return [...findScore(parsed).rate({ candidates, count, settings: parsed, context, random: createRandom(seed) })];
}

it('quantity goes by the most that a candidate holds, or by a bound', () => {
  expect(rate({ name: 'quantity' }, holding(50, 200, 100))).toEqual([0.25, 1, 0.5]);
  expect(rate({ name: 'quantity', atMost: 100 }, holding(50, 200, 100))).toEqual([0.5, 1, 1]);
});

describe('round time', () => {
  it('is estimated from speed, network, model and examples', () => {
    // The reference model: 100 examples are 10 steps at 100 a second, 100 ms. 796,840 bytes there and back at 10 Mbit/s: 1274.944 ms. Four round trips of 50 ms.
    const one = candidate({ conditions: { roundTripMs: 50 } });
    expect(estimatedRoundMs(one, { modelBytes: 796_840, training: { epochs: 1 }, batchSize: 10, mostSeconds: null })).toBeCloseTo(100 + 1274.944 + 200, 9);
    // Twice the weights, three epochs: six times the training, twice the transfer.
    expect(estimatedRoundMs(one, { modelBytes: 2 * 796_840, training: { epochs: 3 }, batchSize: 10, mostSeconds: null })).toBeCloseTo(600 + 2 * 1274.944 + 200, 9);
    // Cut off after 50 ms of the 600.
    expect(estimatedRoundMs(one, { modelBytes: 2 * 796_840, training: { epochs: 3 }, batchSize: 10, mostSeconds: 0.05 })).toBeCloseTo(50 + 2 * 1274.944 + 200, 9);
    // 20 steps of 10 are as many examples as an edge of 200 goes through in one epoch, however many it holds.
    expect(estimatedRoundMs({ ...one, examples: 1000 }, { modelBytes: 796_840, training: { steps: 20 }, batchSize: 10, mostSeconds: null })).toBeCloseTo(estimatedRoundMs({ ...one, examples: 200 }, { modelBytes: 796_840, training: { epochs: 1 }, batchSize: 10, mostSeconds: null }) as number, 9);
    expect(estimatedRoundMs(candidate({ capabilities: { platform: 'node', backend: 'cpu', stepsPerSecond: null } }), { modelBytes: 4, training: { epochs: 1 }, batchSize: 10, mostSeconds: null })).toBeNull();
  });

  it('scores 1 up to the preferred time and (T / t)^α beyond, measured before estimated', () => {
    const edges = [...holding(100, 100, 100), candidate({ edge: edgeNumber(3), capabilities: { platform: 'node', backend: 'cpu', stepsPerSecond: null } })];
    const context = drawContext({ tracks: [500, 1000, 4000].map((roundMs, i) => track(edgeNumber(i), { roundMs })) });
    expect(rate({ name: 'roundTime' }, edges, context)).toEqual([1, 0.5, 0.125, 0.5]);
    expect(rate({ name: 'roundTime', preferredSeconds: 2, alpha: 2, untried: 0 }, edges, context)).toEqual([1, 1, 0.25, 0]);
  });
});

it('reliability is reports over rounds that asked for one, with a prior', () => {
  const edges = holding(1, 1, 1);
  const tracks = [track(edgeNumber(0), { asked: 20, reported: 3, declined: 1, lost: 1 }), track(edgeNumber(1), { asked: 7 })];
  // (3 + 4) / (5 + 5); seven rounds that released it say nothing: 4/5, as for an unknown one.
  expect(rate({ name: 'reliability' }, edges, drawContext({ tracks }))).toEqual([0.7, 0.8, 0.8]);
  expect(rate({ name: 'reliability', prior: 0, priorRounds: 1 }, edges, drawContext({ tracks }))).toEqual([0.5, 0, 0]);
});

it('fairness is rounds waited over the longest wait', () => {
  const tracks = [track(edgeNumber(0), { lastAskedRound: 9 }), track(edgeNumber(1), { lastAskedRound: 5 })];
  expect(rate({ name: 'fairness' }, holding(1, 1, 1), drawContext({ round: 10, tracks }))).toEqual([0.1, 0.5, 1]);
});

describe('Oort’s utility', () => {
  it('clips at a quantile, from which all are fractions', () => {
    const twenty = Array.from({ length: 20 }, (_, i) => i + 1);
    expect(quantile(twenty, 0.95)).toBe(19);
    expect(quantile([], 0.5)).toBeNull();
    expect(clippedFractions([19, 38, null, 9.5, ...twenty.slice(0, 18).map(() => 1)], 0.95).slice(0, 4)).toEqual([1, 1, null, 0.5]);
    expect(clippedFractions([0, null], 0.95)).toEqual([0, null]);
  });

  it('grows stale as the paper says, and shrinks beyond the preferred time', () => {
    expect(staleness(100, 4)).toBeCloseTo(Math.sqrt((0.1 * 4.605170185988092) / 4), 12);
    expect(staleness(1, 1)).toBe(0);
    expect([systemUtility(1999, 2000, 2), systemUtility(4000, 2000, 2), systemUtility(null, 2000, 2), systemUtility(4000, null, 2)]).toEqual([1, 0.25, 1, 1]);
  });

  it('makes the score: loss times examples, and staleness, over the highest', () => {
    const tracks = [track(edgeNumber(0), { loss: 2, lastReportedRound: 4 }), track(edgeNumber(1), { loss: 0.5, lastReportedRound: 1 })];
    const scores = rate({ name: 'statisticalUtility', clip: 1, untried: 0.9 }, holding(100, 200, 100), drawContext({ round: 100, tracks }));
    // 200 and 100 of at most 200: 1 and 0.5; staleness √(0.4605/4) = 0.33931 and √0.4605 = 0.67861.
    expect(scores[0]).toBe(1);
    expect(scores[1]).toBeCloseTo((0.5 + 0.678614) / (1 + 0.339307), 5);
    expect(scores[2]).toBe(0.9);
  });
});

describe('power of choice', () => {
  const tracks = [3, 1, 2].map((loss, i) => track(edgeNumber(i), { loss }));
  it('ranks those that are drawn by their last loss, those without one first', () => {
    expect(rate({ name: 'powerOfChoice', among: 9 }, holding(1, 1, 1, 1, 1), drawContext({ tracks }))).toEqual([0.6, 0.2, 0.4, 1, 1]);
  });

  it('draws by the share of the data, never fewer than are chosen', () => {
    // Of 1 + 3 examples the second's share is 3/4: 4,000 draws, standard deviation 27.4; 5 of them: 6e-7.
    let second = 0;
    for (let seed = 0; seed < 4000; seed++) if (rate({ name: 'powerOfChoice', among: 1 }, holding(1, 3), drawContext(), 1, seed)[1] === 1) second++;
    expect(Math.abs(second - 3000)).toBeLessThan(137);
    expect(rate({ name: 'powerOfChoice', among: 1 }, holding(1, 3, 9), drawContext(), 3).every((value) => value > 0)).toBe(true);
    expect(rate({ name: 'powerOfChoice' }, holding(1, 1, 1, 1, 1, 1), drawContext(), 2).filter((value) => value > 0)).toHaveLength(4);
  });
});
