/** How a comparison is told: JSON lines for programs, a table for people. */
import type { Comparison, Difference } from './compare.ts';
import { rounded } from './summary.ts';

type Write = (text: string) => void;

const told = ({ before, after, change, noise, verdict }: Difference): object => ({
  before: rounded(before), after: rounded(after), change: change === null ? null : rounded(change), noise: noise === null ? null : rounded(noise), verdict,
});

/** A line for each figure; `change` and `noise` are fractions of the value before. */
export function jsonComparison({ before, after, figures, missing }: Comparison, write: Write): void {
  for (const { bench, case: name, metric, unit, value, ratio } of figures) {
    write(`${JSON.stringify({ compare: { before, after }, bench, case: name, metric, unit, value: told(value), ratio: ratio === null ? null : told(ratio) })}\n`);
  }
  for (const figure of missing) write(`${JSON.stringify({ compare: { before, after }, missing: figure })}\n`);
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
const signed = (fraction: number): string => `${fraction > 0 ? '+' : ''}${percent(fraction)}`;
const HEAD = ['case', 'metric', 'before', 'after', 'unit', 'change', 'noise', 'verdict', 'ratio', 'verdict'] as const;
const WIDTHS = [28, 20, 10, 10, 8, 9, 9, 8, 18, 8] as const;

export function tableComparison({ before, after, figures, missing }: Comparison, write: Write): void {
  const row = (cells: readonly string[]): void => write(`${cells.map((cell, i) => (i < 2 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join(' ').trimEnd()}\n`);
  write(`${after} beside ${before}; noise is half a 95 % interval, the ratio is how many times better than the baseline\n\n`);
  row(HEAD);
  for (const { bench, case: name, metric, unit, value, ratio } of figures) {
    row([
      `${bench} ${name}`, metric, String(rounded(value.before)), String(rounded(value.after)), unit,
      value.change === null ? '–' : signed(value.change), value.noise === null ? '–' : `±${percent(value.noise)}`, value.verdict,
      ...(ratio === null ? ['–', ''] : [`${rounded(ratio.before)} → ${rounded(ratio.after)}`, ratio.verdict]),
    ]);
  }
  for (const figure of missing) write(`not measured: ${figure}\n`);
}
