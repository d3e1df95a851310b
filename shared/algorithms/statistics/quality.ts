/** What a practitioner would look for in a result of statistics: each finding with its evidence; and what changed since another result. */
import { kolmogorovSmirnov, stabilityIndex } from '../../statistics/drift.ts';
import type { ColumnResult, StatisticsResult } from './result.ts';

/** From these on a finding is made. */
export const QUALITY_BOUNDS = {
  /** Shares of a column's cells, of its values, of its values. */
  missing: 0.05,
  outliers: 0.01,
  other: 0.001,
  /** Entropy of the values' distribution, relative to that of an even one, below which it is called skewed. */
  evenness: 0.8,
  /** Stability index from which a column drifts, and drifts much. */
  drift: 0.1,
  muchDrift: 0.25,
  /** Difference of the share of missing values. */
  missingDrift: 0.05,
  /** Difference of means in units of the earlier deviation. */
  shift: 0.2,
} as const;

export interface QualityFinding {
  readonly column: string;
  readonly kind: 'withheld' | 'missing' | 'constant' | 'outliers' | 'unexpected values' | 'skewed' | 'drift' | 'missing drift' | 'shift';
  readonly severity: 'note' | 'warning';
  /** The number that it rests on; null: none. */
  readonly evidence: number | null;
  /** For people, with the number and the bound. */
  readonly message: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const inWords = (value: number): string => Number(value.toPrecision(3)).toString();

/** Of one result alone. */
export function findQualityProblems({ columns }: StatisticsResult): readonly QualityFinding[] {
  return columns.flatMap((one) => [...ofWithheld(one), ...ofMissing(one), ...ofMoments(one), ...ofOutliers(one), ...ofValues(one)]);
}

function ofWithheld({ column, withheld }: ColumnResult): QualityFinding[] {
  return withheld ? [{ column, kind: 'withheld', severity: 'note', evidence: null, message: withheld.message }] : [];
}

const missingShare = ({ count = 0, missing = 0 }: ColumnResult): number => (count + missing === 0 ? 0 : missing / (count + missing));

function ofMissing(one: ColumnResult): QualityFinding[] {
  const share = missingShare(one);
  if (share < QUALITY_BOUNDS.missing) return [];
  return [{ column: one.column, kind: 'missing', severity: share >= 0.5 ? 'warning' : 'note', evidence: share, message: `${percent(share)} of the values are missing (from ${percent(QUALITY_BOUNDS.missing)} on it is said)` }];
}

function ofMoments({ column, measures }: ColumnResult): QualityFinding[] {
  const moments = measures?.moments;
  if (moments?.deviation !== 0 || moments.count < 2) return [];
  return [{ column, kind: 'constant', severity: 'warning', evidence: moments.mean, message: `every value is ${inWords(moments.mean ?? NaN)}: nothing can be learned from it` }];
}

function ofOutliers({ column, count = 0, measures }: ColumnResult): QualityFinding[] {
  const outliers = measures?.outliers;
  const share = outliers === undefined || count === 0 ? 0 : (outliers.below + outliers.above) / count;
  if (outliers === undefined || share < QUALITY_BOUNDS.outliers) return [];
  return [{ column, kind: 'outliers', severity: 'note', evidence: share, message: `${percent(share)} of the values lie outside the fences (${outliers.below} below, ${outliers.above} above; from ${percent(QUALITY_BOUNDS.outliers)} on it is said)` }];
}

function ofValues({ column, count = 0, measures }: ColumnResult): QualityFinding[] {
  const values = measures?.values;
  if (values === undefined || count === 0) return [];
  const findings: QualityFinding[] = [];
  if (values.other / count >= QUALITY_BOUNDS.other) findings.push({ column, kind: 'unexpected values', severity: 'warning', evidence: values.other / count, message: `${percent(values.other / count)} of the values are none that the data contract names` });
  const even = evennessOf(values.values.map((value) => value.count));
  if (even !== null && even < QUALITY_BOUNDS.evenness) {
    const most = values.values.reduce((best, value) => (value.count > best.count ? value : best));
    findings.push({ column, kind: 'skewed', severity: 'note', evidence: even, message: `the values are spread unevenly: ${JSON.stringify(most.value)} makes up ${percent(most.count / count)}; the distribution has ${percent(even)} of the entropy of an even one (below ${percent(QUALITY_BOUNDS.evenness)} it is said)` });
  }
  return findings;
}

/** Shannon's entropy over that of an even distribution; null where there are fewer than two values, or none were counted. */
function evennessOf(counts: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 2 || total === 0) return null;
  return counts.reduce((sum, count) => (count === 0 ? sum : sum - (count / total) * Math.log(count / total)), 0) / Math.log(counts.length);
}

/** What a comparison of one column found; null where the two results do not let it be made. */
export interface ColumnDrift {
  readonly column: string;
  readonly stabilityIndex: number | null;
  readonly kolmogorovSmirnov: number | null;
  /** Difference of means in units of the earlier deviation. */
  readonly shift: number | null;
  /** Share of missing values, later minus earlier. */
  readonly missing: number | null;
}

/** Columns that both results have, and tell of. */
export function compareStatistics(before: StatisticsResult, after: StatisticsResult): readonly ColumnDrift[] {
  return after.columns.flatMap((now) => {
    const then = before.columns.find(({ column }) => column === now.column);
    if (then === undefined || then.withheld || now.withheld) return [];
    const [p, q] = countsToCompare(then, now) ?? [null, null];
    return [{
      column: now.column,
      stabilityIndex: p === null ? null : stabilityIndex(p, q),
      // Values of a category have no order.
      kolmogorovSmirnov: p === null || now.type !== 'numeric' ? null : kolmogorovSmirnov(p, q),
      shift: shiftOf(then, now),
      missing: missingShare(now) - missingShare(then),
    }];
  });
}

/** Histograms over the same edges, or the same values; null: there are none. */
function countsToCompare({ measures: then = {} }: ColumnResult, { measures: now = {} }: ColumnResult): readonly [readonly number[], readonly number[]] | null {
  if (then.histogram && now.histogram && same(then.histogram.edges, now.histogram.edges)) {
    return [[then.histogram.below, ...then.histogram.counts, then.histogram.above], [now.histogram.below, ...now.histogram.counts, now.histogram.above]];
  }
  if (then.values && now.values && same(then.values.values.map(({ value }) => value), now.values.values.map(({ value }) => value))) {
    return [[...then.values.values.map(({ count }) => count), then.values.other], [...now.values.values.map(({ count }) => count), now.values.other]];
  }
  return null;
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length && a.every((value, i) => value === b[i]);

function shiftOf({ measures: then }: ColumnResult, { measures: now }: ColumnResult): number | null {
  const [earlier, later] = [then?.moments, now?.moments];
  if (earlier?.mean == null || later?.mean == null || !earlier.deviation) return null;
  return (later.mean - earlier.mean) / earlier.deviation;
}

/** The differences that are worth a practitioner's look. */
export function findDrift(drifts: readonly ColumnDrift[]): readonly QualityFinding[] {
  return drifts.flatMap(({ column, stabilityIndex: index, shift, missing }): QualityFinding[] => [
    ...(index !== null && index >= QUALITY_BOUNDS.drift
      ? [{ column, kind: 'drift' as const, severity: index >= QUALITY_BOUNDS.muchDrift ? ('warning' as const) : ('note' as const), evidence: index, message: `its distribution has changed: stability index ${inWords(index)} (from ${QUALITY_BOUNDS.drift} on it drifts, from ${QUALITY_BOUNDS.muchDrift} much)` }]
      : []),
    ...(shift !== null && Math.abs(shift) >= QUALITY_BOUNDS.shift ? [{ column, kind: 'shift' as const, severity: 'note' as const, evidence: shift, message: `its mean has moved by ${inWords(shift)} of its deviations` }] : []),
    ...(missing !== null && Math.abs(missing) >= QUALITY_BOUNDS.missingDrift ? [{ column, kind: 'missing drift' as const, severity: 'note' as const, evidence: missing, message: `${percent(Math.abs(missing))} ${missing > 0 ? 'more' : 'fewer'} of its values are missing than before` }] : []),
  ]);
}
