/** The runs of a report by scenario and by what was set of it: seeds of one are drawn in one colour, with their mean and how far they lie apart. */
import type { RunRecord } from '../run/read-record.ts';
import { meanAndDeviation } from '../run/mean-and-deviation.ts';
import type { Point } from '../run/summary.ts';
import type { Settings } from '../sweep/expand-sweep.ts';

export interface Group {
  readonly scenario: string;
  /** The scenario, and what was set of it where others of the report were run otherwise. */
  readonly name: string;
  /** Name of a colour of the page. */
  readonly color: string;
  /** By seed. */
  readonly runs: readonly RunRecord[];
}

export const COLORS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'] as const;

export function groupRuns(records: readonly RunRecord[]): readonly Group[] {
  const kinds = new Map<string, RunRecord[]>();
  for (const record of records) {
    const kind = `${record.run.scenario}\n${describeSettings(record.run.settings)}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), record]);
  }
  const groups = [...kinds.values()];
  return groups.map((runs, i) => {
    const { scenario, settings } = runs[0].run;
    const alone = groups.filter(([{ run }]) => run.scenario === scenario).length === 1;
    return { scenario, name: alone ? scenario : `${scenario}, ${describeSettings(settings) || 'as it is'}`, color: COLORS[i % COLORS.length], runs: runs.sort((a, b) => a.run.seed - b.run.seed) };
  });
}

/** `edges = 50, task.round.goal = 20`; the same in whatever order they were given. */
export function describeSettings(settings: Settings = {}): string {
  return Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, value]) => `${path} = ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ');
}

/** What the report is of, in a few words. */
export function titleOf(groups: readonly Group[]): string {
  const scenarios = new Set(groups.map(({ scenario }) => scenario)).size;
  if (scenarios > 1) return `${scenarios} scenarios`;
  return groups.length === 1 ? groups[0].scenario : `${groups[0].scenario} with ${groups.length} settings`;
}

export interface MeanCurve {
  readonly mean: readonly Point[];
  /** A standard deviation below and above the mean. */
  readonly lower: readonly Point[];
  readonly upper: readonly Point[];
}

const PLACES = 160;

/** Between two points on the straight line; the curve's ends beyond them. */
export function valueAt(curve: readonly Point[], x: number): number {
  let low = 0;
  let high = curve.length - 1;
  if (x <= curve[low].x) return curve[low].y;
  if (x >= curve[high].x) return curve[high].y;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (curve[middle].x <= x) low = middle;
    else high = middle;
  }
  return curve[low].y + ((x - curve[low].x) / (curve[high].x - curve[low].x)) * (curve[high].y - curve[low].y);
}

/** Over the stretch that all curves cover: beyond it a mean would be one of other runs. Null for fewer than two curves, or no such stretch. */
export function meanCurve(curves: readonly (readonly Point[])[]): MeanCurve | null {
  if (curves.length < 2 || curves.some((curve) => curve.length === 0)) return null;
  const from = Math.max(...curves.map((curve) => curve[0].x));
  const to = Math.min(...curves.map((curve) => curve[curve.length - 1].x));
  if (!(to > from)) return null;
  // The curves' own points where they are few: a mean between them would cut their corners.
  const own = [...new Set(curves.flatMap((curve) => curve.map(({ x }) => x)))].filter((x) => x >= from && x <= to).sort((a, b) => a - b);
  const places = own.length <= PLACES ? own : Array.from({ length: PLACES + 1 }, (_, i) => from + ((to - from) * i) / PLACES);
  const spreads = places.map((x) => ({ x, spread: meanAndDeviation(curves.map((curve) => valueAt(curve, x))) }));
  const curve = (sign: number): Point[] => spreads.flatMap(({ x, spread }) => (spread === null ? [] : [{ x, y: spread.mean + sign * (spread.deviation ?? 0) }]));
  return { mean: curve(0), lower: curve(-1), upper: curve(1) };
}
