/** Findings in a result, and what changed between two: exact numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareStatistics, findDrift, findQualityProblems } from '../../shared/algorithms/statistics/quality.ts';
import type { ColumnResult, StatisticsResult } from '../../shared/algorithms/statistics/result.ts';
import { kolmogorovSmirnov, stabilityIndex } from '../../shared/statistics/drift.ts';

const resultOf = (...columns: ColumnResult[]): StatisticsResult => ({ kind: 'statistics', edges: 3, leastEdges: 3, rows: 100, covariance: null, columns });
const numeric = (fields: Partial<ColumnResult>): ColumnResult => ({ column: 'x', type: 'numeric', edges: 3, count: 100, missing: 0, ...fields });
const moments = (mean: number, deviation: number) => ({ moments: { count: 100, sum: 100 * mean, mean, variance: deviation ** 2, deviation } });

describe('two histograms', () => {
  it('differ as is worked out by hand', () => {
    // p = (½, ½), q = (¼, ¾): ¼ ln 2 − ¼ ln ⅔ = ¼ ln 3.
    expect(stabilityIndex([50, 50], [25, 75])).toBeCloseTo(Math.log(3) / 4, 12);
    expect(kolmogorovSmirnov([50, 50], [25, 75])).toBe(0.25);
    expect(kolmogorovSmirnov([10, 0, 0], [0, 0, 3])).toBe(1);
    expect([stabilityIndex([1, 2], [0, 0]), kolmogorovSmirnov([0], [1])]).toEqual([null, null]);
    // An empty bin counts half a value: p = (100, 0.5) / 100.5, q = (1, 1) / 2.
    expect(stabilityIndex([100, 0], [1, 1])).toBeCloseTo((100 / 100.5 - 0.5) * Math.log(2 * (100 / 100.5)) + (0.5 / 100.5 - 0.5) * Math.log(2 * (0.5 / 100.5)), 12);
  });

  it('differ by nothing from themselves, by the same either way, and never below nothing', () => {
    const counts = fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }).filter((list) => list.some((count) => count > 0));
    fc.assert(fc.property(counts, counts, (a, b) => {
      expect([stabilityIndex(a, a), kolmogorovSmirnov(a, a)]).toEqual([0, 0]);
      expect(stabilityIndex(a, b)).toBeCloseTo(stabilityIndex(b, a) ?? NaN, 10);
      expect(kolmogorovSmirnov(a, b)).toBeCloseTo(kolmogorovSmirnov(b, a) ?? NaN, 10);
      expect(stabilityIndex(a, b)).toBeGreaterThanOrEqual(0);
    }));
  });

  it('of other bins cannot be compared', () => {
    for (const compare of [stabilityIndex, kolmogorovSmirnov]) expect(() => compare([1], [1, 2])).toThrow(expect.objectContaining({ code: 'incompatible', message: '1 bins and 2 bins cannot be compared' }));
  });
});

describe('the quality of data', () => {
  const kinds = (result: StatisticsResult): string[] => findQualityProblems(result).map(({ kind, severity }) => `${severity} ${kind}`);

  it('is fine where nothing stands out', () => {
    expect(kinds(resultOf(numeric({ missing: 5, measures: { ...moments(3, 1), outliers: { fences: { below: 0, above: 9 }, below: 0, above: 0 }, values: { values: [{ value: 'a', count: 50 }, { value: 'b', count: 50 }], other: 0 } } })))).toEqual([]);
  });

  it.each<[string, ColumnResult, string[]]>([
    ['missing values', numeric({ count: 90, missing: 10 }), ['note missing']],
    ['mostly missing values', numeric({ count: 10, missing: 90 }), ['warning missing']],
    ['one value everywhere', numeric({ measures: moments(7, 0) }), ['warning constant']],
    ['outliers', numeric({ measures: { outliers: { fences: { below: 0, above: 9 }, below: 1, above: 1 } } }), ['note outliers']],
    ['values that nobody expects', numeric({ measures: { values: { values: [{ value: 'a', count: 49 }, { value: 'b', count: 50 }], other: 1 } } }), ['warning unexpected values']],
    // −0.95 ln 0.95 − 0.05 ln 0.05 = 0.199 of ln 2.
    ['skewed labels', numeric({ measures: { values: { values: [{ value: 'a', count: 95 }, { value: 'b', count: 5 }], other: 0 } } }), ['note skewed']],
    ['a column withheld', { column: 'x', type: 'numeric', withheld: { code: 'too_few_edges', message: 'fewer than 3 edges' } }, ['note withheld']],
  ])('tells of %s', (_, column, expected) => {
    expect(kinds(resultOf(column))).toEqual(expected);
  });

  it('gives the evidence', () => {
    const [finding] = findQualityProblems(resultOf(numeric({ measures: { values: { values: [{ value: 'a', count: 95 }, { value: 'b', count: 5 }], other: 0 } } })));
    expect(finding.evidence).toBeCloseTo((-0.95 * Math.log(0.95) - 0.05 * Math.log(0.05)) / Math.LN2, 12);
    expect(finding.message).toBe('the values are spread unevenly: "a" makes up 95.0 %; the distribution has 28.6 % of the entropy of an even one (below 80.0 % it is said)');
  });
});

describe('drift between two results', () => {
  const histogram = (...counts: number[]) => ({ histogram: { edges: [0, 1, 2], counts: counts.slice(1, -1), below: counts[0], above: counts[counts.length - 1] } });

  it('is measured where both counted in the same bins', () => {
    const before = resultOf(numeric({ measures: { ...moments(10, 2), ...histogram(0, 50, 50, 0) } }), numeric({ column: 'label', type: 'categorical', measures: { values: { values: [{ value: 'a', count: 50 }, { value: 'b', count: 50 }], other: 0 } } }));
    const after = resultOf(
      numeric({ count: 80, missing: 20, measures: { ...moments(11, 3), ...histogram(0, 25, 75, 0) } }),
      numeric({ column: 'label', type: 'categorical', measures: { values: { values: [{ value: 'a', count: 50 }, { value: 'b', count: 50 }], other: 0 } } }),
      numeric({ column: 'new' }),
    );
    const drifts = compareStatistics(before, after);
    expect(drifts.map(({ column }) => column)).toEqual(['x', 'label']);
    expect(drifts[0]).toMatchObject({ kolmogorovSmirnov: 0.25, shift: 0.5, missing: 0.2 });
    expect(drifts[1]).toEqual({ column: 'label', stabilityIndex: 0, kolmogorovSmirnov: null, shift: null, missing: 0 });
    expect(findDrift(drifts).map(({ column, kind, severity }) => [column, kind, severity])).toEqual([['x', 'drift', 'warning'], ['x', 'shift', 'note'], ['x', 'missing drift', 'note']]);
  });

  it('is left open where the bins differ', () => {
    const [drift] = compareStatistics(resultOf(numeric({ measures: histogram(0, 1, 1, 0) })), resultOf(numeric({ measures: { histogram: { edges: [0, 1, 3], counts: [1, 1], below: 0, above: 0 } } })));
    expect(drift).toMatchObject({ stabilityIndex: null, kolmogorovSmirnov: null });
  });
});
