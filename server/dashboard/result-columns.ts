/** Each column of a result of statistics: what was measured of it, in figures and pictures. */
import type { ColumnResult, CovarianceResult } from '../../shared/algorithms/statistics/result.ts';
import { formatCount, formatNumber, formatPercent } from '../../shared/format.ts';
import { create } from './dom.ts';
import { drawCorrelations, drawHistogram, drawQuantiles, drawShares } from './result-pictures.ts';

export function drawColumn(result: ColumnResult): HTMLElement {
  const box = create('article', 'result-column');
  box.dataset['testid'] = `column-${result.column}`;
  box.append(create('h3', '', result.column));
  if (result.withheld) {
    box.append(create('p', 'muted', `Withheld: ${result.withheld.message}.`));
    return box;
  }
  const { count = 0, missing = 0, edges = 0, measures = {} } = result;
  const facts = [`${formatCount(count)} values of ${formatCount(edges)} edges`, ...(missing > 0 ? [`${formatPercent(missing / (count + missing), 1)} missing`] : [])];
  const { moments, range, histogram, quantiles, outliers, values, distinct, frequent } = measures;
  if (moments?.mean != null) facts.push(`mean ${formatNumber(moments.mean)} ± ${formatNumber(moments.deviation ?? 0)}`);
  if (range?.minimum != null && range.maximum !== null) facts.push(`${formatNumber(range.minimum)} to ${formatNumber(range.maximum)}`);
  if (distinct) facts.push(`about ${formatCount(distinct.estimate)} different values (± ${formatPercent(distinct.error, 1)})`);
  if (outliers) facts.push(`outliers: ${formatCount(outliers.below + outliers.above)}`);
  box.append(create('p', 'muted', facts.join(', ')));
  if (histogram) box.append(drawHistogram(`Histogram of ${result.column}`, histogram.edges, histogram.counts));
  const quantilePicture = quantiles ? drawQuantiles(`Quantiles of ${result.column}`, quantiles.values) : null;
  if (quantilePicture) box.append(quantilePicture);
  if (values) box.append(drawShares(`Values of ${result.column}`, [...values.values.map(({ value, count: own }) => ({ label: value, count: own })), ...(values.other > 0 ? [{ label: '(other)', count: values.other }] : [])], count));
  if (frequent) box.append(frequent.withheld === undefined ? drawShares(`Most frequent values of ${result.column}`, frequent.items.map(({ value, count: own }) => ({ label: value, count: own })), count) : create('p', 'muted', `Most frequent values withheld: ${frequent.withheld}.`));
  return box;
}

export function drawCovariance({ columns, withheld, rows, covariance }: CovarianceResult): HTMLElement {
  const box = create('article', 'result-column');
  box.dataset['testid'] = 'covariance';
  box.append(create('h3', '', 'Correlations'));
  const drawn = covariance === undefined ? null : drawCorrelations(columns, covariance);
  const words = withheld ? `Withheld: ${withheld.message}.` : `${columns.join(', ')}, in this order, over ${formatCount(rows ?? null)} rows that have all of them`;
  box.append(create('p', 'muted', words));
  if (drawn) box.append(drawn);
  return box;
}
