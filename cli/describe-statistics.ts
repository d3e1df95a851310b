/** A result of statistics in lines for people: one table for what every column has, then what else was measured of each. */
import type { ColumnDrift, QualityFinding } from '../shared/algorithms/statistics/quality.ts';
import type { ColumnResult, CovarianceResult, StatisticsResult } from '../shared/algorithms/statistics/result.ts';
import { formatCount, formatNumber, formatPercent } from '../shared/format.ts';
import { formatTable } from './table.ts';

/** Bars of a histogram at their longest. */
const BAR = 32;
/** Rows of a covariance that people are shown; the whole of it comes as JSON. */
const COVARIANCE_SHOWN = 12;

export function describeStatistics(result: StatisticsResult): string {
  const head = `${formatCount(result.rows)} rows at ${formatCount(result.edges)} edges; no number rests on fewer than ${formatCount(result.leastEdges)}.`;
  const parts = [head, describeColumns(result.columns), ...result.columns.flatMap(describeColumn)];
  if (result.covariance !== null) parts.push(describeCovariance(result.covariance));
  return parts.join('\n\n');
}

function describeColumns(columns: readonly ColumnResult[]): string {
  const rows = columns.map(({ column, type, withheld, edges, count, missing, measures = {} }) => {
    if (withheld) return [column, type, '', '', '', '', '', '', '', `withheld: ${withheld.message}`];
    const { moments, range } = measures;
    return [column, type, formatCount(edges ?? null), formatCount(count ?? null), formatCount(missing ?? null), ...[moments?.mean, moments?.deviation, range?.minimum, range?.maximum].map((value) => (value === undefined || value === null ? '' : formatNumber(value))), ''];
  });
  return formatTable(['COLUMN', 'TYPE', 'EDGES', 'VALUES', 'MISSING', 'MEAN', 'DEVIATION', 'MINIMUM', 'MAXIMUM', ''], rows);
}

function describeColumn({ column, measures = {} }: ColumnResult): string[] {
  const parts: string[] = [];
  const { histogram, each, quantiles, outliers, values, distinct, frequent } = measures;
  if (histogram) {
    const bins = histogram.counts.map((count, i) => ({ label: `${formatNumber(histogram.edges[i])} – ${formatNumber(histogram.edges[i + 1])}`, count }));
    const outside = [{ label: `below ${formatNumber(histogram.edges[0])}`, count: histogram.below }, { label: `above ${formatNumber(histogram.edges[histogram.edges.length - 1])}`, count: histogram.above }].filter(({ count }) => count > 0);
    parts.push(`${column}, histogram\n${bars([...bins, ...outside])}`);
  }
  if (quantiles) {
    const beyond = quantiles.beyond > 0 ? `; ${formatCount(quantiles.beyond)} values lie beyond its range` : '';
    parts.push(`${column}, quantiles to ${formatPercent(quantiles.error, 1)} of each${beyond}\n${formatTable(['AT', 'VALUE'], quantiles.values.map(({ at, value }) => [formatNumber(at), value === null ? '–' : formatNumber(value)]))}`);
  }
  if (outliers) parts.push(`${column}, outliers: ${[outliersAt('below', outliers.fences.below, outliers.below), outliersAt('above', outliers.fences.above, outliers.above)].filter(Boolean).join(', ')}`);
  if (values) parts.push(`${column}, values\n${bars([...values.values.map(({ value, count }) => ({ label: value, count })), ...(values.other > 0 ? [{ label: '(other)', count: values.other }] : [])])}`);
  if (distinct) parts.push(`${column}: about ${formatCount(distinct.estimate)} different values (± ${formatPercent(distinct.error, 1)})`);
  if (frequent) parts.push(frequent.withheld === undefined ? `${column}, most frequent\n${bars(frequent.items.map(({ value, count }) => ({ label: value, count })))}` : `${column}, most frequent: withheld, since ${frequent.withheld}`);
  if (each) parts.push(`${column}: mean and variance of each of ${formatCount(each.means.length)} values (--json)`);
  return parts;
}

const outliersAt = (side: string, fence: number | null, count: number): string => (fence === null ? '' : `${formatCount(count)} ${side} ${formatNumber(fence)}`);

/** One line each, the longest bar of full length. */
export function bars(counted: readonly { readonly label: string; readonly count: number }[]): string {
  const most = Math.max(1, ...counted.map(({ count }) => count));
  return formatTable(['', 'COUNT', ''], counted.map(({ label, count }) => [label, formatCount(count), '█'.repeat(Math.round((BAR * count) / most))]));
}

function describeCovariance({ columns, withheld, rows, covariance }: CovarianceResult): string {
  if (withheld) return `Covariance withheld: ${withheld.message}`;
  if (columns.length > COVARIANCE_SHOWN || covariance === undefined) return `Covariance of ${formatCount(columns.length)} columns over ${formatCount(rows ?? null)} rows (--json)`;
  return `Covariance over ${formatCount(rows ?? null)} rows\n${formatTable(['', ...columns], covariance.map((row, i) => [columns[i], ...row.map(formatNumber)]))}`;
}

/** @param since what it is compared with, for people */
export function describeDrift(drifts: readonly ColumnDrift[], since: string): string {
  const cell = (value: number | null): string => (value === null ? '–' : formatNumber(value));
  return `What changed since ${since}\n${formatTable(['COLUMN', 'STABILITY INDEX', 'KOLMOGOROV-SMIRNOV', 'MEAN, DEVIATIONS', 'MISSING'], drifts.map((one) => [one.column, cell(one.stabilityIndex), cell(one.kolmogorovSmirnov), cell(one.shift), one.missing === null ? '–' : formatPercent(one.missing)]))}`;
}

export function describeFindings(findings: readonly QualityFinding[]): string {
  if (findings.length === 0) return 'Data quality: nothing stands out.';
  return `Data quality\n${formatTable(['COLUMN', 'FINDING', ''], findings.map(({ column, kind, severity, message }) => [column, severity === 'warning' ? `! ${kind}` : kind, message]))}`;
}
