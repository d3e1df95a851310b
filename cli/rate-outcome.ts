/** What a range test of learning rates found, for people and for machines. */
import { writeFile } from 'node:fs/promises';
import { MurmurError } from '../shared/errors.ts';
import { chooseRate, type RateRange, type TriedRate } from '../shared/algorithms/rate-test.ts';
import { drawRateCurve } from '../simulations/report/rate-curve.ts';
import type { Output } from './output.ts';
import { formatTable } from './table.ts';

const DEFAULTS: RateRange = { from: 1e-4, to: 10, rounds: 16 };

/** @throws bad_usage */
export function rangeOf({ from = DEFAULTS.from, to = DEFAULTS.to, rounds = DEFAULTS.rounds }: Partial<RateRange>): RateRange {
  if (to <= from) throw new MurmurError('bad_usage', `--to ${to} must be more than --from ${from}`);
  if (rounds < 3) throw new MurmurError('bad_usage', '--rounds: fewer than three rates say nothing');
  return { from, to, rounds };
}

/** @param facts what the result names beside the rates: the task, or scenario and seed */
export async function tellRate(facts: Readonly<Record<string, unknown>>, title: string, tried: readonly TriedRate[], svg: string | undefined, output: Output): Promise<void> {
  const choice = chooseRate(tried);
  if (svg !== undefined) await writeFile(svg, drawRateCurve(title, tried, choice));
  const rows = tried.map(({ rate, loss }) => [rate.toPrecision(3), loss === null ? 'no round' : Number.isFinite(loss) ? loss.toFixed(4) : 'no number', markOf(rate, choice)]);
  const words = [
    formatTable(['RATE', 'TRAINING LOSS', ''], rows),
    choice.rate === null ? `No rate is recommended: ${choice.reason}.` : `Recommended: ${choice.rate}. Of these rates ${choice.reason}.`,
    ...(svg === undefined ? [] : [`The curve is drawn in ${svg}.`]),
  ];
  // JSON has no infinity: what ran away is a word.
  const rates = tried.map(({ rate, loss }) => ({ rate, loss: loss === null || Number.isFinite(loss) ? loss : 'infinite' }));
  output.result({ ...facts, ...choice, rates, ...(svg === undefined ? {} : { svg }) }, words.join('\n\n'));
}

function markOf(rate: number, { steepest, lowest, diverged }: ReturnType<typeof chooseRate>): string {
  return [rate === steepest ? 'falls most' : '', rate === lowest ? 'lowest' : '', rate === diverged ? 'runs away' : ''].filter((mark) => mark !== '').join(', ');
}
