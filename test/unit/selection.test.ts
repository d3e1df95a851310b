import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../server/selection/candidate.ts';
import { checkEligibility } from '../../server/selection/eligibility.ts';
import { uniform } from '../../server/selection/samplers/uniform.ts';
import { select } from '../../server/selection/select.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import { TaskSpec, type Criteria } from '../../shared/task/task-spec.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const NOW = 1_000_000;
const GOOD: Conditions = { ...UNKNOWN_CONDITIONS, battery: 0.8, charging: true, network: 'wifi', metered: false, downlink: 10, visibility: 'hidden', load: 0.2 };

function candidate(fields: Partial<Omit<Candidate, 'conditions'>> & { readonly conditions?: Partial<Conditions> } = {}): Candidate {
  const { conditions, ...rest } = fields;
  return {
    edge: asEdgeId('e00000000000000000000'), checkedInAt: NOW, examples: 100, busy: false,
    capabilities: { platform: 'node', backend: 'wasm', stepsPerSecond: 100 }, ...rest, conditions: { ...GOOD, ...conditions },
  };
}

const selectionOf = (criteria: unknown, conditionsMaxAgeSeconds = 300): TaskSpec['selection'] => TaskSpec.parse(toySpec({ selection: { criteria: criteria as Partial<Criteria>, conditionsMaxAgeSeconds } })).selection;
const reasonOf = (one: Candidate, criteria: unknown): string | null => checkEligibility(one, selectionOf(criteria), NOW)?.reason ?? null;

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
    expect(checkEligibility(candidate({ conditions: UNKNOWN_CONDITIONS }), selectionOf(all), NOW)).toEqual({ criterion: 'battery', reason: 'the battery level is unknown, which the task does not allow' });
    expect(checkEligibility(candidate({ conditions: { ...UNKNOWN_CONDITIONS, battery: 1 } }), selectionOf(all), NOW)?.criterion).toBe('charging');
    expect(checkEligibility(candidate({ conditions: { ...UNKNOWN_CONDITIONS, battery: 1, charging: true } }), selectionOf(all), NOW)?.criterion).toBe('network');
    expect(checkEligibility(candidate({ conditions: { ...UNKNOWN_CONDITIONS, battery: 1, charging: true, network: 'wifi' } }), selectionOf(all), NOW)?.criterion).toBe('metered');
  });
});

describe('what always holds', () => {
  it('keeps a busy edge to its work', () => {
    expect(checkEligibility(candidate({ busy: true }), selectionOf({}), NOW)).toEqual({ criterion: 'busy', reason: 'works on another assignment' });
  });

  it('asks for examples, whatever the task says', () => {
    expect(checkEligibility(candidate({ examples: 0 }), selectionOf({}), NOW)).toEqual({ criterion: 'examples', reason: 'holds no examples for this task' });
  });

  it('takes conditions up to their greatest age, and not older', () => {
    const aged = (seconds: number): Candidate => candidate({ checkedInAt: NOW - 1000 * seconds });
    expect(checkEligibility(aged(60), selectionOf({}, 60), NOW)).toBeNull();
    expect(checkEligibility(aged(61), selectionOf({}, 60), NOW)).toEqual({ criterion: 'stale', reason: 'its conditions are 61 s old, at most 60 s are allowed' });
  });
});

describe('one selection', () => {
  const edges = Array.from({ length: 6 }, (_, i) => candidate({ edge: asEdgeId(`e${String(i).padStart(20, '0')}`), examples: i }));

  it('gives each candidate one decision with its reason', () => {
    const decisions = select(edges, 2, selectionOf({ examples: { atLeast: 2 } }), NOW, createRandom(1));
    expect(decisions.map(({ edge }) => edge).sort()).toEqual(edges.map(({ edge }) => edge));
    expect(decisions.filter(({ status }) => status === 'rejected').map(({ edge, criterion, reason, examples }) => ({ edge, criterion, reason, examples }))).toEqual([
      { edge: edges[0].edge, criterion: 'examples', reason: 'holds no examples for this task', examples: 0 },
      { edge: edges[1].edge, criterion: 'examples', reason: '1 examples, at least 2 are asked', examples: 1 },
    ]);
    const chosen = decisions.filter(({ status }) => status === 'chosen');
    expect(chosen.map(({ criterion, reason }) => [criterion, reason])).toEqual(new Array(2).fill(['drawn', 'drawn: 2 of 4 eligible edges were drawn uniformly']));
    expect(decisions.filter(({ status }) => status === 'not-drawn').map(({ reason }) => reason)).toEqual(new Array(2).fill('not drawn: 2 of 4 eligible edges were drawn uniformly'));
  });

  it('draws all where there are too few, and nobody from nobody', () => {
    const all = select(edges, 100, selectionOf({}), NOW, createRandom(1));
    expect(all.filter(({ status }) => status === 'chosen')).toHaveLength(5);
    expect(select([], 3, selectionOf({}), NOW, createRandom(1))).toEqual([]);
    expect(select(edges, 0, selectionOf({}), NOW, createRandom(1)).filter(({ status }) => status === 'chosen')).toEqual([]);
  });

  it('is the same for the same seed', () => {
    const chosen = (seed: number): string[] => select(edges, 2, selectionOf({}), NOW, createRandom(seed)).filter(({ status }) => status === 'chosen').map(({ edge }) => edge);
    expect(chosen(5)).toEqual(chosen(5));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => chosen(seed).join())).size).toBe(10);
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
    for (let i = 0; i < DRAWS; i++) counts[uniform(10, 3, random)[0]]++;
    expect(chiSquare(counts, DRAWS / 10)).toBeLessThan(QUANTILE);
  });

  it('gives each edge the probability count / n', () => {
    const random = createRandom(12);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < DRAWS; i++) for (const edge of uniform(10, 3, random)) counts[edge]++;
    expect(counts.reduce((sum, count) => sum + count)).toBe(3 * DRAWS);
    // Drawn without replacement, the counts of one draw depend on each other: scaled by (n − 1) / (n · (1 − k/n)) it is chi-square with n − 1 degrees.
    expect((chiSquare(counts, DRAWS * 0.3) * 9) / (10 * 0.7)).toBeLessThan(QUANTILE);
  });

  it('gives each pair the same chance', () => {
    const random = createRandom(13);
    const counts = new Map<string, number>();
    for (let i = 0; i < DRAWS; i++) {
      const pair = uniform(5, 2, random).sort().join();
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
      const drawn = uniform(n, count, random);
      expect(drawn).toHaveLength(Math.min(n, count));
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn.every((at) => Number.isInteger(at) && at >= 0 && at < n)).toBe(true);
    }
  });
});
