/** What a task without a model has found, in lines for people; one branch a kind. */
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

/** Weights that people are shown; all of them come as JSON. */
const WEIGHTS_SHOWN = 8;

function describeRidge(result: RidgeResult): string {
  const rows = result.targets.map(({ name, intercept, weights, meanSquaredError, explained }) => [
    name, formatNumber(intercept), weights.length > WEIGHTS_SHOWN ? `${formatCount(weights.length)} weights` : weights.map(formatNumber).join(', '), formatNumber(meanSquaredError), formatPercent(explained),
  ]);
  return `Ridge regression, penalty ${formatNumber(result.penalty)}: ${basis(result)}\n\n${formatTable(['TARGET', 'INTERCEPT', 'WEIGHTS', 'SQUARED ERROR', 'EXPLAINED'], rows)}`;
}

function describeKMeans({ clusters, wanted, inertia, shift, ...rest }: KMeansResult): string {
  const state = clusters.length < wanted ? `${formatCount(clusters.length)} of ${formatCount(wanted)} clusters so far` : `${formatCount(wanted)} clusters`;
  const rows = clusters.map(({ count, edges, centre }, i) => [String(i), formatCount(count), formatCount(edges), centre.length > WEIGHTS_SHOWN ? `${formatCount(centre.length)} numbers` : centre.map(formatNumber).join(', ')]);
  return `${state}, mean squared distance ${formatNumber(inertia)}, the furthest centre moved by ${formatNumber(shift)}: ${basis(rest)}\n\n${formatTable(['CLUSTER', 'EXAMPLES', 'EDGES', 'CENTRE'], rows)}`;
}

function describePca({ components, variance, turned, ...rest }: PcaResult): string {
  let sum = 0;
  const rows = components.map((component, i) => {
    sum += component.share;
    return [String(i + 1), formatNumber(component.variance), formatPercent(component.share), formatPercent(sum)];
  });
  return `Principal components of a variance of ${formatNumber(variance)}; the subspace turned by ${formatNumber(turned)}: ${basis(rest)}\n\n${formatTable(['COMPONENT', 'VARIANCE', 'SHARE', 'TOGETHER'], rows)}`;
}
