import { describe, expect, it } from 'vitest';
import type { Decision, Verdict } from '../../server/selection/decision.ts';
import { createEligibility } from '../../server/selection/eligibility.ts';
import { createSelector } from '../../server/selection/selector.ts';
import { createRandom } from '../../shared/random.ts';
import type { Candidate } from '../../shared/selection/candidate.ts';
import { drawUniformly } from '../../shared/selection/random-draws.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import { SelectionPolicy } from '../../shared/task/selection-policy.ts';
import { candidate, drawContext, edgeNumber, NOW, track } from '../helpers/candidates.ts';

const policyOf = (policy: unknown): SelectionPolicy => SelectionPolicy.parse(policy);
const check = (one: Candidate, policy: unknown, context = drawContext()): Verdict => createEligibility(policyOf(policy)).check(one, context);
const reasonOf = (one: Candidate, criteria: unknown, context = drawContext()): string | null => check(one, { criteria }, context)?.reason ?? null;
const select = (candidates: readonly Candidate[], count: number, policy: unknown, seed: number): readonly Decision[] =>
  createSelector(policyOf(policy)).draw({ candidates, count, context: drawContext(), random: createRandom(seed), memory: null }).decisions;
const edgesOf = (decisions: readonly Decision[], status: Decision['status']): string[] => decisions.filter((one) => one.status === status).map(({ edge }) => edge);

describe('each criterion', () => {
  const cases: readonly (readonly [name: string, criteria: unknown, conditions: Partial<Conditions>, reason: string | null])[] = [
    ['battery above', { battery: { atLeast: 0.3 } }, { battery: 0.31 }, null],
    ['battery exactly', { battery: { atLeast: 0.3 } }, { battery: 0.3 }, null],
    ['battery below', { battery: { atLeast: 0.3 } }, { battery: 0.14 }, 'battery 14 %, at least 30 % is asked'],
    ['battery empty, none asked', { battery: { atLeast: 0 } }, { battery: 0 }, null],
    ['no battery', { battery: { atLeast: 1 } }, { battery: 'none' }, null],
    ['battery unknown, allowed by default', { battery: { atLeast: 0.3 } }, { battery: 'unknown' }, null],
    ['battery unknown, denied', { battery: { atLeast: 0.3, unknown: 'deny' } }, { battery: 'unknown' }, 'the battery level is unknown, which the task does not allow'],

    ['charging', { charging: {} }, { charging: true }, null],
    ['not charging', { charging: {} }, { charging: false }, 'not charging, which is asked'],
    ['not charging, not asked', { charging: { required: false } }, { charging: false }, null],
    ['not charging, without a battery', { charging: {} }, { charging: false, battery: 'none' }, null],
    ['charging unknown, allowed by default', { charging: {} }, { charging: 'unknown' }, null],
    ['charging unknown, denied', { charging: { unknown: 'deny' } }, { charging: 'unknown' }, 'whether it charges is unknown, which the task does not allow'],
    ['charging unknown, not asked', { charging: { required: false, unknown: 'deny' } }, { charging: 'unknown' }, null],

    ['network among those allowed', { network: { allow: ['ethernet', 'wifi'] } }, { network: 'wifi' }, null],
    ['network of another kind', { network: { allow: ['ethernet', 'wifi'] } }, { network: 'cellular' }, 'network cellular, one of ethernet, wifi is asked'],
    ['network unknown, allowed by default', { network: { allow: ['wifi'] } }, { network: 'unknown' }, null],
    ['network unknown, denied', { network: { allow: ['wifi'], unknown: 'deny' } }, { network: 'unknown' }, 'the network type is unknown, which the task does not allow'],
    ['network unknown, named among those allowed', { network: { allow: ['wifi', 'unknown'], unknown: 'deny' } }, { network: 'unknown' }, null],

    ['metered, allowed', { metered: { allow: true } }, { metered: true }, null],
    ['metered', { metered: { allow: false } }, { metered: true }, 'the network is metered, which the task does not allow'],
    ['not metered', { metered: { allow: false } }, { metered: false }, null],
    ['metered unknown, allowed by default', { metered: { allow: false } }, { metered: 'unknown' }, null],
    ['metered unknown, denied', { metered: { allow: false, unknown: 'deny' } }, { metered: 'unknown' }, 'whether the network is metered is unknown, which the task does not allow'],
    ['metered unknown where metered is allowed', { metered: { allow: true, unknown: 'deny' } }, { metered: 'unknown' }, null],
  ];
  it.each(cases)('%s', (_name, criteria, conditions, reason) => {
    expect(reasonOf(candidate({ conditions }), criteria)).toBe(reason);
  });

  it('counts examples', () => {
    expect(reasonOf(candidate({ examples: 50 }), { examples: { atLeast: 50 } })).toBeNull();
    expect(reasonOf(candidate({ examples: 49 }), { examples: { atLeast: 50 } })).toBe('49 examples, at least 50 are asked');
  });

  it('is not asked where the task leaves it out', () => {
    expect(reasonOf(candidate({ conditions: UNKNOWN_CONDITIONS }), {})).toBeNull();
    expect(reasonOf(candidate({ conditions: { battery: 0, charging: false, network: 'offline', metered: true }, examples: 1 }), {})).toBeNull();
  });

  it('knows nothing and is denied everything: the first in order is the reason', () => {
    const all = { battery: { atLeast: 0.1, unknown: 'deny' }, charging: { unknown: 'deny' }, network: { allow: ['wifi'], unknown: 'deny' }, metered: { allow: false, unknown: 'deny' } };
    expect(check(candidate({ conditions: UNKNOWN_CONDITIONS }), { criteria: all })).toEqual({ criterion: 'battery', value: 'unknown', threshold: 0.1, reason: 'the battery level is unknown, which the task does not allow' });
    expect(check(candidate({ conditions: { ...UNKNOWN_CONDITIONS, battery: 1 } }), { criteria: all })?.criterion).toBe('charging');
    expect(check(candidate({ conditions: { ...UNKNOWN_CONDITIONS, battery: 1, charging: true } }), { criteria: all })?.criterion).toBe('network');
    expect(check(candidate({ conditions: { ...UNKNOWN_CONDITIONS, battery: 1, charging: true, network: 'wifi' } }), { criteria: all })?.criterion).toBe('metered');
  });

  it('measures rest from the last report, by the clock and by the rounds between', () => {
    const one = candidate();
    const since = (ms: number, rounds: number) => drawContext({ round: 10, tracks: [track(one.edge, { lastReportedAt: NOW - ms, lastReportedRound: 10 - rounds })] });
    expect(reasonOf(one, { rest: { seconds: 60, rounds: 1 } })).toBeNull();
    expect(reasonOf(one, { rest: { seconds: 60 } }, drawContext({ tracks: [track(one.edge, { lost: 3, lastAskedRound: 1 })] }))).toBeNull();
    expect(reasonOf(one, { rest: { seconds: 60 } }, since(60_000, 1))).toBeNull();
    expect(reasonOf(one, { rest: { seconds: 60 } }, since(59_999, 1))).toBe('rested for 59 s since its last report, at least 60 s asked');
    expect(reasonOf(one, { rest: { rounds: 1 } }, since(0, 2))).toBeNull();
    expect(reasonOf(one, { rest: { rounds: 1 } }, since(0, 1))).toBe('rested for 0 rounds since its last report, at least 1 round asked');
    expect(reasonOf(one, { rest: { seconds: 60, rounds: 2 } }, since(61_000, 2))).toBe('rested for 1 rounds since its last report, at least 60 s and 2 rounds asked');
  });

  it('goes by the device’s own time of day, past midnight, too', () => {
    // 1970-01-01, 21:59 UTC.
    const at = (minutes: number) => drawContext({ now: minutes * 60_000 });
    const here = (utcOffsetMinutes: Conditions['utcOffsetMinutes']) => candidate({ checkedInAt: Infinity, conditions: { utcOffsetMinutes } });
    const night = { timeOfDay: { from: '22:00', to: '06:00' } };
    expect(reasonOf(here(0), night, at(21 * 60 + 59))).toBe('21:59 by its own clock, asked between 22:00 and 06:00');
    expect(reasonOf(here(1), night, at(21 * 60 + 59))).toBeNull();
    expect(reasonOf(here(0), night, at(24 * 60 + 5 * 60 + 59.9))).toBeNull();
    expect(reasonOf(here(0), night, at(24 * 60 + 6 * 60))).toBe('06:00 by its own clock, asked between 22:00 and 06:00');
    // Minutes before 1970 UTC began, by a clock west of it.
    expect(reasonOf(here(-60), { timeOfDay: { from: '23:00', to: '23:30' } }, at(29))).toBeNull();
    expect(reasonOf(here(-60), { timeOfDay: { from: '23:00', to: '23:30' } }, at(30))).toBe('23:30 by its own clock, asked between 23:00 and 23:30');
    expect(reasonOf(here('unknown'), { timeOfDay: { from: '09:00', to: '10:00', unknown: 'deny' } }, at(0))).toBe('its time of day is unknown, which the task does not allow');
  });
});

describe('what always holds', () => {
  it('keeps a busy edge to its work', () => {
    expect(check(candidate({ busy: true }), {})).toEqual({ criterion: 'busy', value: true, threshold: false, reason: 'works on another assignment' });
  });

  it('asks for examples, whatever the task says', () => {
    expect(check(candidate({ examples: 0 }), {})).toEqual({ criterion: 'examples', value: 0, threshold: 1, reason: 'holds no examples for this task' });
  });

  it('takes conditions up to their greatest age, and not older', () => {
    const aged = (seconds: number): Candidate => candidate({ checkedInAt: NOW - 1000 * seconds });
    expect(check(aged(60), { conditionsMaxAgeSeconds: 60 })).toBeNull();
    expect(check(aged(61), { conditionsMaxAgeSeconds: 60 })).toEqual({ criterion: 'stale', value: 61, threshold: 60, reason: 'its conditions are 61 s old, at most 60 s are allowed' });
  });
});

describe('one selection', () => {
  const edges = Array.from({ length: 6 }, (_, i) => candidate({ edge: edgeNumber(i), examples: i }));

  it('gives each candidate one decision with its reason and its facts', () => {
    const decisions = select(edges, 2, { criteria: { examples: { atLeast: 2 } } }, 1);
    expect(decisions.map(({ edge }) => edge).sort()).toEqual(edges.map(({ edge }) => edge));
    expect(decisions.slice(0, 2)).toEqual([
      { edge: edges[0].edge, status: 'rejected', criterion: 'examples', reason: 'holds no examples for this task', examples: 0, facts: { failed: { criterion: 'examples', value: 0, threshold: 1 } } },
      { edge: edges[1].edge, status: 'rejected', criterion: 'examples', reason: '1 examples, at least 2 are asked', examples: 1, facts: { failed: { criterion: 'examples', value: 1, threshold: 2 } } },
    ]);
    for (const { status, criterion, reason, facts } of decisions.slice(2)) {
      expect([criterion, reason]).toEqual(status === 'chosen' ? ['drawn', 'drawn: 2 of 4 eligible edges were drawn uniformly'] : ['not-drawn', 'not drawn: 2 of 4 eligible edges were drawn uniformly']);
      expect(facts).toEqual({ probability: 0.5 });
    }
    expect(edgesOf(decisions, 'chosen')).toHaveLength(2);
  });

  it('draws all where there are too few, and nobody from nobody', () => {
    expect(edgesOf(select(edges, 100, {}, 1), 'chosen')).toHaveLength(5);
    expect(select([], 3, {}, 1)).toEqual([]);
    expect(edgesOf(select(edges, 0, {}, 1), 'chosen')).toEqual([]);
  });

  it('is the same for the same seed, in whatever order the edges checked in', () => {
    const chosen = (candidates: readonly Candidate[], seed: number): string[] => edgesOf(select(candidates, 2, {}, seed), 'chosen');
    expect(chosen([...edges].reverse(), 5)).toEqual(chosen(edges, 5));
    expect(chosen([edges[3], edges[0], edges[5], edges[1], edges[2], edges[4]], 6)).toEqual(chosen(edges, 6));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => chosen(edges, seed).join())).size).toBe(10);
  });

  it('makes those less likely of whom something is unknown, where the policy says so, and says so itself', () => {
    const known = candidate({ edge: edgeNumber(1) });
    const unknown = candidate({ edge: edgeNumber(2), conditions: { battery: 'unknown', metered: 'unknown' } });
    const policy = { criteria: { battery: { atLeast: 0.5, unknown: 'penalise', penalty: 0.25 }, metered: { allow: false, unknown: 'penalise' } } };
    const [first, second] = select([known, unknown], 1, policy, 3);
    expect(second.facts.penalties).toEqual(['battery ×0.25', 'metered ×0.5']);
    expect(second.reason).toMatch(/drawn: 1 of 2 eligible edges were drawn, less often those who are penalised; unknown: battery ×0\.25, unknown: metered ×0\.5$/);
    expect(first.facts.penalties).toBeUndefined();
    // Weights 1 and 1/8: the second is drawn with probability 1/9. 4,500 draws: 500 expected, standard deviation 21; ten of them allow for less than one in 10^20.
    const selector = createSelector(policyOf(policy));
    let drawn = 0;
    for (let seed = 0; seed < 4500; seed++) {
      const { decisions } = selector.draw({ candidates: [known, unknown], count: 1, context: drawContext(), random: createRandom(seed), memory: null });
      if (edgesOf(decisions, 'chosen')[0] === unknown.edge) drawn++;
    }
    expect(Math.abs(drawn - 500)).toBeLessThan(105);
  });

  it('ranks by the weighted mean of the scores, and tells each of them', () => {
    const policy = { scores: [{ name: 'quantity', weight: 3 }, { name: 'fairness' }], sampler: { name: 'topK', explore: 0 } };
    const decisions = createSelector(policyOf(policy)).draw({
      candidates: edges.slice(1), count: 1, random: createRandom(1), memory: null,
      context: drawContext({ round: 5, tracks: [track(edges[5].edge, { asked: 1, lastAskedRound: 4 })] }),
    }).decisions;
    const of = (edge: string) => decisions.find((one) => one.edge === edge);
    // Quantity 5/5, fairness 1/5 against 4/5 and 5/5: (3 + 0.2) / 4 = 0.8 against (2.4 + 1) / 4 = 0.85.
    expect(of(edges[5].edge)?.facts).toEqual({ scores: { quantity: 1, fairness: 0.2 }, score: 0.8, rank: 2, probability: 0, part: 'others' });
    expect(of(edges[4].edge)?.facts.score).toBeCloseTo(0.85, 12);
    expect(edgesOf(decisions, 'chosen')).toEqual([edges[4].edge]);
    expect(of(edges[4].edge)?.reason).toBe('drawn: the 1 best of 5 eligible edges by score, and 0 of the others drawn uniformly; score 0.85 (quantity 0.8, fairness 1), rank 1, among the best');
  });

  it('takes a policy that was stored before newer settings were there', () => {
    const stored = { criteria: { battery: { atLeast: 0.1, unknown: 'allow' } }, sampler: { name: 'uniform' }, conditionsMaxAgeSeconds: 300 } as SelectionPolicy;
    expect(createSelector(stored).draw({ candidates: edges, count: 2, context: drawContext(), random: createRandom(1), memory: null }).decisions).toHaveLength(6);
  });
});

/**
 * Chi-square tests at the level 0.001 (one in a thousand fair samplers would fail one of them); the seeds are
 * fixed, so that each passes always or never. 9 degrees of freedom: the quantile 0.999 is 27.877.
 */
describe('uniform sampling', () => {
  const QUANTILE = 27.877;
  const DRAWS = 20_000;
  const chiSquare = (counts: readonly number[], expected: number): number => counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

  it('gives each edge the same chance at the first place', () => {
    const random = createRandom(11);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < DRAWS; i++) counts[drawUniformly(10, 3, random)[0]]++;
    expect(chiSquare(counts, DRAWS / 10)).toBeLessThan(QUANTILE);
  });

  it('gives each edge the probability count / n', () => {
    const random = createRandom(12);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < DRAWS; i++) for (const edge of drawUniformly(10, 3, random)) counts[edge]++;
    expect(counts.reduce((sum, count) => sum + count)).toBe(3 * DRAWS);
    // Drawn without replacement, the counts of one draw depend on each other: scaled by (n − 1) / (n · (1 − k/n)) it is chi-square with n − 1 degrees.
    expect((chiSquare(counts, DRAWS * 0.3) * 9) / (10 * 0.7)).toBeLessThan(QUANTILE);
  });

  it('gives each pair the same chance', () => {
    const random = createRandom(13);
    const counts = new Map<string, number>();
    for (let i = 0; i < DRAWS; i++) {
      const pair = drawUniformly(5, 2, random).sort().join();
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    expect(chiSquare([...counts.values()], DRAWS / 10)).toBeLessThan(QUANTILE);
  });

  it('would catch a biased draw', () => {
    // Swapping over all positions instead of the remaining ones is the classic mistake.
    const random = createRandom(14);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < DRAWS; i++) {
      const positions = Array.from({ length: 10 }, (_, at) => at);
      for (let at = 0; at < 3; at++) {
        const other = random.int(10);
        [positions[at], positions[other]] = [positions[other], positions[at]];
      }
      counts[positions[0]]++;
    }
    expect(chiSquare(counts, DRAWS / 10)).toBeGreaterThan(QUANTILE);
  });

  it('never draws one twice', () => {
    const random = createRandom(15);
    for (let n = 0; n < 40; n++) for (let count = 0; count <= n + 2; count++) {
      const drawn = drawUniformly(n, count, random);
      expect(drawn).toHaveLength(Math.min(n, count));
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn.every((at) => Number.isInteger(at) && at >= 0 && at < n)).toBe(true);
    }
  });
});
