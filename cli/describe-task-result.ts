/** What a task without a model has found, in lines for people; one branch a kind. */
import { layOutByFeature } from '../shared/algorithms/statistics/by-feature.ts';
import type { KMeansResult, PcaResult, RidgeResult, TaskResult } from '../shared/algorithms/statistics/result.ts';
import { formatCount, formatNumber, formatPercent } from '../shared/format.ts';
import { describeStatistics } from './describe-statistics.ts';
import { formatTable } from './table.ts';

export function describeResult(result: TaskResult): string {
  switch (result.kind) {
    case 'statistics':
      return describeStatistics(result);
    case 'ridge':
      return describeRidge(result);
    case 'kmeans':
      return describeKMeans(result);
    case 'pca':
      return describePca(result);
  }
}

const basis = ({ rows, edges, leastEdges }: Pick<TaskResult, 'rows' | 'edges' | 'leastEdges'>): string => `${formatCount(rows)} examples at ${formatCount(edges)} edges (at least ${formatCount(leastEdges)})`;

/** Numbers of an example, in the units in which a model would see them; nothing where there are too many. */
function byFeature(result: RidgeResult | KMeansResult | PcaResult): string {
  const laid = layOutByFeature(result);
  if (laid === null) return '';
  const { title, columns, rows } = laid;
  return `\n\n${title}, features as a model sees them\n${formatTable(['FEATURE', ...columns], rows.map(({ feature, values }) => [feature, ...values.map(formatNumber)]))}`;
}

function describeRidge(result: RidgeResult): string {
  const rows = result.targets.map(({ name, intercept, meanSquaredError, explained }) => [name, formatNumber(intercept), formatNumber(meanSquaredError), formatPercent(explained)]);
  return `Ridge regression, penalty ${formatNumber(result.penalty)}: ${basis(result)}\n\n${formatTable(['TARGET', 'INTERCEPT', 'SQUARED ERROR', 'EXPLAINED'], rows)}${byFeature(result)}`;
}

function describeKMeans(result: KMeansResult): string {
  const { clusters, wanted, inertia, shift } = result;
  const state = clusters.length < wanted ? `${formatCount(clusters.length)} of ${formatCount(wanted)} clusters so far` : `${formatCount(wanted)} clusters`;
  const rows = clusters.map(({ count, edges }, i) => [String(i), formatCount(count), formatCount(edges)]);
  return `${state}, mean squared distance ${formatNumber(inertia)}, the furthest centre moved by ${formatNumber(shift)}: ${basis(result)}\n\n${formatTable(['CLUSTER', 'EXAMPLES', 'EDGES'], rows)}${byFeature(result)}`;
}

function describePca(result: PcaResult): string {
  let sum = 0;
  const rows = result.components.map((component, i) => {
    sum += component.share;
    return [String(i + 1), formatNumber(component.variance), formatPercent(component.share), formatPercent(sum)];
  });
  return `Principal components of a variance of ${formatNumber(result.variance)}; the subspace turned by ${formatNumber(result.turned)}: ${basis(result)}\n\n${formatTable(['COMPONENT', 'VARIANCE', 'SHARE', 'TOGETHER'], rows)}${byFeature(result)}`;
}
