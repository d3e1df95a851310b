/** How evenly a run's rounds were spread over its edges. */
import type { RunRecord } from '../run/read-record.ts';
import type { Point } from '../run/summary.ts';

/** How often each edge's report counted, by its number. */
export function participations({ run, rounds }: RunRecord): readonly number[] {
  const counts = new Array<number>(run.edges.length).fill(0);
  for (const { reportedEdges } of rounds) for (const edge of reportedEdges) if (edge < counts.length) counts[edge]++;
  return counts;
}

/** Share of all reports that the least active edges gave, by their share of the fleet: from (0, 0) to (1, 1). Even shares make it straight. */
export function lorenzCurve(counts: readonly number[]): readonly Point[] {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return [{ x: 0, y: 0 }, { x: 1, y: 1 }];
  let sum = 0;
  return [{ x: 0, y: 0 }, ...[...counts].sort((a, b) => a - b).map((count, i) => ({ x: (i + 1) / counts.length, y: (sum += count) / total }))];
}

/** Gini coefficient: 0 where all edges took part equally often, towards 1 where one did all; 0 where none did. */
export function gini(counts: readonly number[]): number {
  const curve = lorenzCurve(counts);
  const below = curve.slice(1).reduce((area, point, i) => area + ((point.y + curve[i].y) / 2) * (point.x - curve[i].x), 0);
  return Math.max(0, 1 - 2 * below);
}

export interface Histogram {
  /** One more than there are bins; bin i holds counts from `edges[i]` up to, not including, `edges[i + 1]`. */
  readonly edges: readonly number[];
  /** For each class, edges in each bin. */
  readonly bins: readonly (readonly number[])[];
}

const MOST_BINS = 24;

/** @param classes class of each edge, by its number */
export function histogramByClass(counts: readonly number[], classes: readonly number[], classCount: number): Histogram {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const width = Math.max(1, Math.ceil((most + 1) / MOST_BINS));
  const size = Math.floor(most / width) + 1;
  const bins = Array.from({ length: classCount }, () => new Array<number>(size).fill(0));
  counts.forEach((count, edge) => bins[classes[edge]][Math.floor(count / width)]++);
  return { edges: Array.from({ length: size + 1 }, (_, i) => i * width), bins };
}
