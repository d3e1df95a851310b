/** A sweep as one table: for each combination of settings, means over its seeds and how far they lie apart. */
import { formatBytes, formatDuration, formatPercent } from '../../shared/format.ts';
import type { ResultLine } from '../run/record.ts';
import { meanAndDeviation, type MeanAndDeviation } from '../run/mean-and-deviation.ts';
import type { Json, Settings, SweepRun } from './expand-sweep.ts';

/** `result`: null where the run has not reached its end yet. */
export interface SweepResult {
  readonly run: SweepRun;
  readonly result: ResultLine | null;
}

interface Column {
  readonly name: string;
  readonly of: (result: ResultLine) => number | null;
  readonly smallerIsBetter: boolean;
  readonly format: (value: number) => string;
}

const decimal = (value: number): string => value.toFixed(1);
const seconds = (value: number): string => formatDuration(1000 * value);

const COLUMNS = {
  roundsToTarget: { name: 'rounds to target', of: (result) => result.roundsToTarget, smallerIsBetter: true, format: decimal },
  accuracy: { name: 'accuracy', of: (result) => result.accuracy, smallerIsBetter: false, format: (value) => formatPercent(value) },
  virtualSecondsToTarget: { name: 'virtual time to target', of: (result) => result.virtualSecondsToTarget, smallerIsBetter: true, format: seconds },
  virtualSeconds: { name: 'virtual time', of: (result) => result.virtualSeconds, smallerIsBetter: true, format: seconds },
  bytes: { name: 'sent', of: (result) => result.bytesUp + result.bytesDown, smallerIsBetter: true, format: formatBytes },
  wallSeconds: { name: 'real time', of: (result) => result.wallSeconds, smallerIsBetter: true, format: seconds },
} as const satisfies Record<string, Column>;

export type Figure = keyof typeof COLUMNS;
export const FIGURES = Object.keys(COLUMNS) as readonly Figure[];

export interface SweepRow {
  readonly settings: Settings;
  readonly seeds: readonly number[];
  /** Of those, how many have ended. */
  readonly ended: number;
  /** Over the seeds that have the figure (`samples` says how many); null where none has. */
  readonly figures: Readonly<Record<Figure, MeanAndDeviation | null>>;
  /** Figures in which this row is the best, or as good as the best. */
  readonly best: readonly Figure[];
}

export function summariseSweep(results: readonly SweepResult[]): readonly SweepRow[] {
  const groups = new Map<string, SweepResult[]>();
  for (const result of results) {
    const key = JSON.stringify(Object.entries(result.run.settings));
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const rows = [...groups.values()].map((group): SweepRow => {
    const ended = group.flatMap(({ result }) => (result === null ? [] : [result]));
    const spreadOf = (figure: Figure): MeanAndDeviation | null => meanAndDeviation(ended.map(COLUMNS[figure].of).filter((value) => value !== null));
    return { settings: group[0].run.settings, seeds: group.map(({ run }) => run.seed), ended: ended.length, figures: Object.fromEntries(FIGURES.map((figure) => [figure, spreadOf(figure)])) as SweepRow['figures'], best: [] };
  });
  return rows.map((row) => ({ ...row, best: rows.length < 2 ? [] : FIGURES.filter((figure) => isBest(row, rows, figure)) }));
}

/** A row of which a seed never reached the target is worse than any of which all did; one that has not ended is compared with nothing. */
function isBest(row: SweepRow, rows: readonly SweepRow[], figure: Figure): boolean {
  const means = (of: SweepRow): readonly number[] => {
    const spread = of.figures[figure];
    if (of.ended < of.seeds.length) return [];
    return [spread === null || spread.samples < of.seeds.length ? Infinity : COLUMNS[figure].smallerIsBetter ? spread.mean : -spread.mean];
  };
  const [own] = means(row);
  const all = rows.flatMap(means);
  // Where all are alike none is best.
  return own !== undefined && own !== Infinity && all.every((other) => own <= other) && all.some((other) => own < other);
}

const shown = (value: Json | undefined): string => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));

const settingsOf = (rows: readonly SweepRow[]): readonly string[] => [...new Set(rows.flatMap(({ settings }) => Object.keys(settings)))];

/** Cells for a terminal: `84.3 ± 2.1`, what is best with a star, `(2 of 3)` where not all seeds have a figure. Figures that no row has are left out. */
export function sweepTable(rows: readonly SweepRow[]): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const paths = settingsOf(rows);
  const figures = FIGURES.filter((figure) => rows.some((row) => row.figures[figure] !== null));
  return {
    head: [...paths, 'seeds', ...figures.map((figure) => COLUMNS[figure].name)],
    rows: rows.map((row) => [
      ...paths.map((path) => shown(row.settings[path])),
      row.ended === row.seeds.length ? row.ended.toString() : `${row.ended} of ${row.seeds.length}`,
      ...figures.map((figure) => cell(row, figure)),
    ]),
  };
}

function cell({ figures, best, ended }: SweepRow, figure: Figure): string {
  const spread = figures[figure];
  if (spread === null) return ended === 0 ? '' : '–';
  const { format } = COLUMNS[figure];
  const parts = [format(spread.mean), ...(spread.deviation === null ? [] : [`± ${format(spread.deviation)}`]), ...(spread.samples < ended ? [`(${spread.samples} of ${ended})`] : []), ...(best.includes(figure) ? ['*'] : [])];
  return parts.join(' ');
}

/** One line a row, mean and deviation in columns of their own, in seconds, bytes and fractions (RFC 4180). */
export function sweepCsv(rows: readonly SweepRow[]): string {
  const paths = settingsOf(rows);
  const head = [...paths, 'seeds', 'ended', ...FIGURES.flatMap((figure) => [figure, `${figure}_deviation`, `${figure}_samples`])];
  const lines = rows.map((row) => [
    ...paths.map((path) => shown(row.settings[path])), row.seeds.length.toString(), row.ended.toString(),
    ...FIGURES.flatMap((figure) => [row.figures[figure]?.mean ?? '', row.figures[figure]?.deviation ?? '', row.figures[figure]?.samples ?? 0].map(String)),
  ]);
  return [head, ...lines].map((fields) => `${fields.map(csvField).join(',')}\r\n`).join('');
}

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The rows as JSON, to be read by programs. */
export function sweepJson(rows: readonly SweepRow[]): string {
  return `${JSON.stringify(rows, null, 2)}\n`;
}
