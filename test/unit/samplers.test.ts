/**
 * The samplers' probabilities. Statistical tests have fixed seeds, so that each passes always or never; the chance that a
 * right sampler would have failed one is stated at each, 1e-6 or less.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { Candidate, DrawContext } from '../../shared/selection/candidate.ts';
import { drawByWeight } from '../../shared/selection/random-draws.ts';
import type { Sample } from '../../shared/selection/sampler.ts';
import { findSampler, SAMPLERS, SamplerSetting } from '../../shared/selection/samplers/registry.ts';
import { allocateEqually, allocateProportionally } from '../../shared/selection/samplers/stratified.ts';
import { changedProbabilities } from '../../shared/selection/samplers/tiered.ts';
import { samplerConformance } from '../conformance/sampler.ts';
import { candidate, drawContext, edgeNumber, track } from '../helpers/candidates.ts';

const SETTINGS: Readonly<Record<string, readonly object[]>> = {
  uniform: [{}],
  weighted: [{}, { exponent: 3 }],
  topK: [{}, { explore: 0 }, { explore: 1 }, { explore: 0.25 }],
  stratified: [{ by: 'deviceClass' }, { by: 'region', allocation: 'equal' }, { by: 'label' }, { by: 'deviceClass', allocation: 'equal' }],
  tiered: [{}, { tiers: 3, every: 1, credits: 1 }, { tiers: 2, probabilities: [0.7, 0.3] }, { tiers: 3, probabilities: [0, 1, 0], credits: [1, 2, 1] }],
  oort: [{}, { explore: 0, exploreLeast: 0, window: 1, giveUpAfter: 2 }, { explore: 1, exploreDecay: 1, preferredSeconds: 1, stepSeconds: 1 }],
};
for (const sampler of SAMPLERS) for (const settings of SETTINGS[sampler.name]) samplerConformance(sampler, settings);

const edges = (n: number, fields: (i: number) => Parameters<typeof candidate>[0] = () => ({})): Candidate[] => Array.from({ length: n }, (_, i) => candidate({ edge: edgeNumber(i), ...fields(i) }));

interface Drawing {
  readonly candidates: readonly Candidate[];
  readonly count: number;
  readonly seed?: number;
  readonly weights?: readonly number[];
  readonly memory?: unknown;
  readonly context?: DrawContext;
}
function draw(setting: object, { candidates, count, seed = 1, weights, memory, context = drawContext() }: Drawing): Sample {
  const settings = SamplerSetting.parse(setting);
  const sampler = findSampler(settings);
  return sampler.draw({ candidates, count, settings, context, random: createRandom(seed), weights: weights ? Float64Array.from(weights) : null, memory: sampler.memory === null ? null : sampler.memory.parse(memory ?? {}) });
}

const chiSquare = (counts: readonly number[], expected: readonly number[]): number => counts.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);
/** Two degrees of freedom: the tail is exp(−x / 2). */
const QUANTILE_2 = 2 * Math.log(1e6);

describe('drawing by weight', () => {
  const DRAWS = 20_000;
  /** Weights 1, 2, 3, two of them: the pairs 01, 02, 12 by enumeration of both orders. */
  const PAIRS = [(1 / 6) * (2 / 5) + (2 / 6) * (1 / 4), (1 / 6) * (3 / 5) + (3 / 6) * (1 / 3), (2 / 6) * (3 / 4) + (3 / 6) * (2 / 3)];
  const count = (pairOf: (seed: number) => readonly number[]): number[] => {
    const counts = [0, 0, 0];
    for (let seed = 0; seed < DRAWS; seed++) counts[pairOf(seed).reduce((sum, position) => sum + position, 0) - 1]++;
    return counts;
  };

  it('draws each pair as often as successive sampling does, and the sampler so, too', () => {
    const expected = PAIRS.map((probability) => probability * DRAWS);
    const random = createRandom(21);
    expect(chiSquare(count(() => drawByWeight([1, 2, 3], 2, random)), expected)).toBeLessThan(QUANTILE_2);
    const candidates = edges(3);
    expect(chiSquare(count((seed) => draw({ name: 'weighted' }, { candidates, count: 2, seed, weights: [1 / 3, 2 / 3, 1] }).chosen), expected)).toBeLessThan(QUANTILE_2);
    // Squares of √w are the weights again.
    expect(chiSquare(count((seed) => draw({ name: 'weighted', exponent: 2 }, { candidates, count: 2, seed, weights: [Math.sqrt(1 / 3), Math.sqrt(2 / 3), 1] }).chosen), expected)).toBeLessThan(QUANTILE_2);
  });

  it('would catch one that draws in proportion to inclusion, not in succession', () => {
    const random = createRandom(22);
    const wrong = count(() => drawByWeight([2, 3, 4], 2, random));
    expect(chiSquare(wrong, PAIRS.map((probability) => probability * DRAWS))).toBeGreaterThan(QUANTILE_2);
  });

  it('takes who weighs nothing last, and by lot', () => {
    const random = createRandom(23);
    const lasts = new Set<number>();
    for (let i = 0; i < 60; i++) {
      const drawn = drawByWeight([0, 1e-200, 0, 1], 3, random);
      expect(drawn.slice(0, 2).sort()).toEqual([1, 3]);
      lasts.add(drawn[2]);
    }
    expect([...lasts].sort()).toEqual([0, 2]);
  });
});

describe('top k', () => {
  it('takes the best, and explores a fraction of a place as often', () => {
    const candidates = edges(6);
    const weights = [0.1, 0.9, 0.5, 0.9, 0.2, 0.3];
    expect([...draw({ name: 'topK', explore: 0 }, { candidates, count: 3, weights }).chosen].sort()).toEqual([1, 2, 3]);
    // Half of three places: one place to explore, or two. The third best stays when it is one; of 4000, sd 31.6, five of them: 6e-7.
    let one = 0;
    for (let seed = 0; seed < 4000; seed++) if (draw({ name: 'topK', explore: 0.5 }, { candidates, count: 3, seed, weights }).how.includes('and 1 of')) one++;
    expect(Math.abs(one - 2000)).toBeLessThan(158);
  });

  it('settles equal scores by lot', () => {
    let first = 0;
    for (let seed = 0; seed < 4000; seed++) if (draw({ name: 'topK', explore: 0 }, { candidates: edges(2), count: 1, seed, weights: [0.5, 0.5] }).chosen[0] === 0) first++;
    expect(Math.abs(first - 2000)).toBeLessThan(158);
  });
});

describe('places of strata', () => {
  it('go by size, fractions by largest remainders', () => {
    // Quotas 2, 1.2, 0.8.
    expect(allocateProportionally([5, 3, 2], 4, createRandom(1))).toEqual([2, 1, 1]);
    // Quotas 3.5, 2.1, 1.4: the half goes first.
    expect(allocateProportionally([5, 3, 2], 7, createRandom(1))).toEqual([4, 2, 1]);
    expect(allocateProportionally([5, 3, 2], 10, createRandom(1))).toEqual([5, 3, 2]);
    expect(allocateProportionally([], 0, createRandom(1))).toEqual([]);
    const lots = Array.from({ length: 40 }, (_, seed) => allocateProportionally([3, 3], 1, createRandom(seed)).join());
    expect(new Set(lots)).toEqual(new Set(['1,0', '0,1']));
  });

  it('are the same for each, and what a small one cannot fill goes to the others', () => {
    expect(allocateEqually([5, 1, 4], 7, createRandom(1))).toEqual([3, 1, 3]);
    expect(allocateEqually([5, 1, 4], 6, createRandom(1)).reduce((sum, share) => sum + share)).toBe(6);
    expect(allocateEqually([2, 2], 9, createRandom(1))).toEqual([2, 2]);
    expect(new Set(Array.from({ length: 60 }, (_, seed) => allocateEqually([4, 4, 4], 1, createRandom(seed)).join()))).toEqual(new Set(['1,0,0', '0,1,0', '0,0,1']));
  });

  it('are drawn by device class, region, or the label that an edge has most of', () => {
    const mixed = edges(12, (i) => ({ capabilities: { platform: 'browser', backend: i < 9 ? 'wasm' : 'webgpu', stepsPerSecond: 1, ...(i % 2 === 0 ? { region: 'north' } : {}) }, labels: i < 4 ? [0, 5, 5] : i < 8 ? [1, 0, 7] : null }));
    const strata = (setting: object, count: number): string[] => {
      const sample = draw({ name: 'stratified', ...setting }, { candidates: mixed, count });
      return sample.chosen.map((position) => sample.factsOf(position).stratum ?? '').sort();
    };
    expect(strata({ by: 'deviceClass' }, 4)).toEqual(['browser/wasm', 'browser/wasm', 'browser/wasm', 'browser/webgpu']);
    expect(strata({ by: 'region', allocation: 'equal' }, 4)).toEqual(['no region', 'no region', 'region north', 'region north']);
    expect(strata({ by: 'label' }, 3)).toEqual(['label 1', 'label 2', 'labels unknown']);
  });
});

describe('tiers', () => {
  /** Edges 0 and 1 report in a second, 2 and 3 in nine. */
  const four = edges(4);
  const context = (round: number, losses: readonly (number | null)[] = []): DrawContext =>
    drawContext({ round, tracks: four.map(({ edge }, i) => track(edge, { roundMs: i < 2 ? 1000 : 9000, loss: losses[i] ?? null })) });
  const tierOf = (sample: Sample): number => sample.factsOf(sample.chosen[0]).tier ?? 0;

  it('get new probabilities from their losses, as the paper’s ChangeProbs gives them', () => {
    // Worst first: tiers 4 (unknown), 2, 3, 1, 5; D = 10.
    expect(changedProbabilities([0.5, 2, 1, null, 0.1], [0, 1, 2, 3, 4], 5)).toEqual([0.1, 0.3, 0.2, 0.4, 0]);
    // Tiers without credits are out of it: n = 3, D = 3.
    expect(changedProbabilities([0.5, 2, 1, null, 0.1], [0, 2, 4], 5)).toEqual([1 / 3, 0, 2 / 3, 0, 0]);
    expect(changedProbabilities([0.5, 2], [0], 2)).toEqual([1, 0]);
  });

  it('are of one speed each', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { chosen } = draw({ name: 'tiered', tiers: 2 }, { candidates: four, count: 2, seed, context: context(1) });
      expect(['0,1', '2,3']).toContain([...chosen].sort().join());
    }
    const fixed = draw({ name: 'tiered', tiers: 2, probabilities: [0, 1] }, { candidates: four, count: 2, context: context(1) });
    expect([...fixed.chosen].sort()).toEqual([2, 3]);
    expect(fixed.how).toBe('2 of 4 eligible edges were drawn, from tier 2 of 2 by speed');
    // One that is too small is helped out by the nearest.
    expect([...draw({ name: 'tiered', tiers: 2, probabilities: [0, 1] }, { candidates: four, count: 3, context: context(1) }).chosen].sort().slice(-2)).toEqual([2, 3]);
  });

  it('are drawn by fixed probabilities', () => {
    // 4,000 draws at 0.7: sd 29, five of them: 6e-7.
    let fast = 0;
    for (let seed = 0; seed < 4000; seed++) if (tierOf(draw({ name: 'tiered', tiers: 2, probabilities: [0.7, 0.3] }, { candidates: four, count: 1, seed, context: context(1) })) === 1) fast++;
    expect(Math.abs(fast - 2800)).toBeLessThan(145);
  });

  it('are drawn towards the worse one when the one drawn last gets no better', () => {
    let memory: unknown;
    const round = (n: number, losses: readonly number[]): Sample => {
      const sample = draw({ name: 'tiered', tiers: 2, every: 2 }, { candidates: four, count: 2, seed: n, memory, context: context(n, losses) });
      ({ memory } = sample);
      return sample;
    };
    round(1, []);
    for (const n of [2, 3, 4]) round(n, [1, 1, 2, 2]);
    // Looked at before rounds 3 (the first losses) and 5 (no better): the slow tier is worse, and of two it gets all.
    expect((memory as { probabilities: number[] }).probabilities).toEqual([]);
    expect(tierOf(round(5, [1, 1, 2, 2]))).toBe(2);
    expect(memory).toMatchObject({ probabilities: [0, 1], losses: [1, 2], draws: 5 });
    // It got better since: its probabilities stay.
    round(6, [1, 1, 0.5, 0.5]);
    expect(tierOf(round(7, [1, 1, 0.5, 0.5]))).toBe(2);
    // Not since: now the fast one is the worse.
    round(8, [1, 1, 0.5, 0.5]);
    expect(tierOf(round(9, [1, 1, 0.5, 0.5]))).toBe(1);
  });

  it('are drawn as often as they have credits, and get them again together', () => {
    for (let seed = 0; seed < 20; seed++) {
      let memory: unknown;
      const tiers = [1, 2, 3, 4].map((round) => {
        const sample = draw({ name: 'tiered', tiers: 2, credits: 1 }, { candidates: four, count: 1, seed: seed + 100 * round, memory, context: context(round) });
        ({ memory } = sample);
        return tierOf(sample);
      });
      expect([tiers.slice(0, 2).sort(), tiers.slice(2).sort()]).toEqual([[1, 2], [1, 2]]);
    }
  });
});

describe('Oort', () => {
  const exploiting = { name: 'oort', explore: 0, exploreLeast: 0, clip: 1, preferredSeconds: 2 };
  const four = edges(4);
  const losses = [4, 2, 1, 1];
  const context = drawContext({ round: 100, tracks: four.map(({ edge }, i) => track(edge, { reported: 1 + i, lastReportedRound: 4, loss: losses[i], roundMs: i === 1 ? 4000 : 1000 })) });
  const STALE = Math.sqrt((0.1 * Math.log(100)) / 4);

  it('rates edges by the formula, worked out by hand', () => {
    const sample = draw(exploiting, { candidates: four, count: 2, context });
    const utilities = [1 + STALE, (0.5 + STALE) / 4, 0.25 + STALE, 0.25 + STALE];
    four.forEach((_, i) => expect(sample.factsOf(i).score).toBeCloseTo(utilities[i], 12));
    expect(sample.factsOf(1)).toMatchObject({ part: 'tried', scores: { statistical: 0.5, system: 0.25, staleness: STALE } });
  });

  it('draws by utility among those near the best', () => {
    // The second of two would be 0.589; edge 1 with 0.21 is below 95 % of it, and the others are drawn in proportion.
    const [a, b] = [1 + STALE, 0.25 + STALE];
    const without0 = 2 * (b / (a + 2 * b)) * (b / (a + b));
    let with0 = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const { chosen } = draw(exploiting, { candidates: four, count: 2, seed, context });
      expect(chosen).not.toContain(1);
      if (chosen.includes(0)) with0++;
    }
    // sd 22.1, five of them: 6e-7.
    expect(Math.abs(with0 - 4000 * (1 - without0))).toBeLessThan(111);
  });

  it('explores less from round to round, the faster the likelier', () => {
    const candidates = edges(40);
    const tracks = candidates.slice(0, 20).map(({ edge }) => track(edge, { reported: 1, loss: 1, lastReportedRound: 1, roundMs: 1000 }));
    const explored = (draws: number): number => draw({ name: 'oort' }, { candidates, count: 10, memory: { draws }, context: drawContext({ round: 200, tracks }) }).chosen.filter((position) => position >= 20).length;
    // 0.9, 0.9 · 0.98^50 = 0.33, and never less than 0.2.
    expect([explored(0), explored(50), explored(500)]).toEqual([9, 3, 2]);
    // Times 1 s and 3 s: weights 3 : 1. 4,000 draws, sd 27.4.
    const two = edges(2, (i) => ({ conditions: { roundTripMs: 0, downlink: 1e9 }, capabilities: { platform: 'node', backend: 'cpu', stepsPerSecond: i === 0 ? 3 : 1 } }));
    let fast = 0;
    for (let seed = 0; seed < 4000; seed++) if (draw({ name: 'oort' }, { candidates: two, count: 1, seed }).chosen[0] === 0) fast++;
    expect(Math.abs(fast - 3000)).toBeLessThan(137);
  });

  it('takes whoever was asked and not heard for tried, with the mean utility of the others', () => {
    const five = edges(5);
    const tracks = [...five.slice(0, 3).map(({ edge }, i) => track(edge, { asked: 1, reported: 1, lastReportedRound: 4, lastAskedRound: 4, loss: [4, 2, 3][i], roundMs: 1000 })), track(five[3].edge, { asked: 2, lastAskedRound: 9 })];
    const sample = draw(exploiting, { candidates: five, count: 2, context: drawContext({ round: 100, tracks }) });
    // (1 + 0.5 + 0.75) / 3; it was asked later than the others were heard.
    expect(sample.factsOf(3)).toMatchObject({ part: 'tried', scores: { statistical: 0.75, staleness: Math.sqrt((0.1 * Math.log(100)) / 9) } });
    expect(sample.factsOf(4)).toMatchObject({ part: 'untried' });
    // Where nobody was heard, there is no mean.
    expect(draw(exploiting, { candidates: five, count: 2, context: drawContext({ round: 2, tracks: [track(five[0].edge, { asked: 1, lastAskedRound: 1 })] }) }).factsOf(0)).toMatchObject({ part: 'untried' });
  });

  it('fills its places from whoever is there', () => {
    expect(draw(exploiting, { candidates: four, count: 9, context }).chosen).toHaveLength(4);
    expect(draw(exploiting, { candidates: [...four, ...edges(6).slice(4)], count: 5, context }).chosen).toHaveLength(5);
  });

  it('gives up on those who have taken part often, while there are others', () => {
    const part = (count: number) => [...draw({ ...exploiting, giveUpAfter: 2 }, { candidates: four, count, context }).chosen].sort();
    expect(part(1)).toEqual([0]);
    expect(part(2)).toContain(0);
    expect(part(4)).toEqual([0, 1, 2, 3]);
  });

  it('takes the first preferred time from the candidates, and a fifth of it for the pacer’s step', () => {
    const candidates = edges(10);
    const tracks = candidates.map(({ edge }, i) => track(edge, { roundMs: 1000 * (i + 1) }));
    expect(draw({ name: 'oort' }, { candidates, count: 1, context: drawContext({ tracks }) }).memory).toMatchObject({ preferredMs: 3000, stepMs: 600 });
    expect(draw({ name: 'oort', preferredSeconds: 7, stepSeconds: 2 }, { candidates, count: 1, context: drawContext({ tracks }) }).memory).toMatchObject({ preferredMs: 7000, stepMs: 2000 });
  });

  it('paces: the preferred time grows when a window of rounds brought less than the one before', () => {
    const asked: [string, number][] = [[four[0].edge, 10], [four[1].edge, 20], [four[2].edge, 1000]];
    const memory = { round: 9, draws: 9, preferredMs: 2000, stepMs: 500, asked, utilities: [10, 10, 5] };
    const after = (loss: number, round = 10) => draw({ name: 'oort', window: 2 }, {
      candidates: four, count: 1, memory,
      // Edges 0 and 1 reported in round 9, edge 2 did not: 10 · loss + 20 · loss.
      context: drawContext({ round, tracks: [track(four[0].edge, { loss, lastReportedRound: 9 }), track(four[1].edge, { loss, lastReportedRound: 9 }), track(four[2].edge, { loss, lastReportedRound: 3 })] }),
    }).memory;
    expect(after(0.1)).toMatchObject({ utilities: [5, 3], preferredMs: 2500, round: 10, draws: 10 });
    expect(after(0.5)).toMatchObject({ utilities: [5, 15], preferredMs: 2000 });
    // Drawn again in the same round, nothing has passed.
    expect(after(0.1, 9)).toMatchObject({ utilities: [10, 10, 5], preferredMs: 2000, draws: 9 });
  });
});
