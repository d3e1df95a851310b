/** Rounds drawn side by side: a bar each while they are few, then one for several. */
import type { RoundLine } from '../run/record.ts';

const MOST_BARS = 110;

export interface Stretches {
  /** Round numbers between which the bars stand; one more than there are bars. */
  readonly edges: readonly number[];
  readonly rounds: readonly (readonly RoundLine[])[];
}

export function stretchesOf(rounds: readonly RoundLine[]): Stretches {
  if (rounds.length === 0) return { edges: [0, 1], rounds: [[]] };
  const first = rounds[0].round;
  const last = rounds[rounds.length - 1].round;
  const size = Math.max(1, Math.ceil((last - first + 1) / MOST_BARS));
  const bars: RoundLine[][] = Array.from({ length: Math.ceil((last - first + 1) / size) }, () => []);
  for (const line of rounds) bars[Math.floor((line.round - first) / size)].push(line);
  return { edges: Array.from({ length: bars.length + 1 }, (_, i) => Math.min(first - 0.5 + i * size, last + 0.5)), rounds: bars };
}

/** The mean over each stretch; 0 where it has no round. */
export function meansOf({ rounds }: Stretches, value: (line: RoundLine) => number): readonly number[] {
  return rounds.map((lines) => (lines.length === 0 ? 0 : lines.reduce((sum, line) => sum + value(line), 0) / lines.length));
}

/** Keys of the records in the rounds, the one with the largest sum first. */
export function keysBySum(rounds: readonly RoundLine[], of: (line: RoundLine) => Readonly<Record<string, number>>): readonly string[] {
  const sums = new Map<string, number>();
  for (const line of rounds) for (const [key, value] of Object.entries(of(line))) sums.set(key, (sums.get(key) ?? 0) + value);
  return [...sums].filter(([, sum]) => sum > 0).sort(([, a], [, b]) => b - a).map(([key]) => key);
}
