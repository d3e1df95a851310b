/** From samples to the few numbers that are reported. */
import { MurmurError } from '../../shared/errors.ts';
import type { Measurement } from './benchmark.ts';

export interface Spread {
  readonly samples: number;
  readonly min: number;
  readonly lowerQuartile: number;
  readonly median: number;
  readonly upperQuartile: number;
  readonly max: number;
}

/** One line of a benchmark's output (DESIGN §12). */
export interface ResultLine {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  /** Median of the samples. */
  readonly value: number;
  readonly unit: string;
  /** Median of the baseline's samples; null where there is none. */
  readonly baseline: number | null;
  /** How many times better than the baseline we are; null where there is none. */
  readonly ratio: number | null;
}

/** Between two samples: linear interpolation (the usual "type 7"). @throws internal without samples */
export function quantile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0) throw new MurmurError('internal', 'no samples were taken: there is nothing to summarise');
  const sorted = [...samples].sort((a, b) => a - b);
  const place = (sorted.length - 1) * fraction;
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export function spreadOf(samples: readonly number[]): Spread {
  const at = (fraction: number): number => rounded(quantile(samples, fraction));
  return { samples: samples.length, min: at(0), lowerQuartile: at(0.25), median: at(0.5), upperQuartile: at(0.75), max: at(1) };
}

export function resultLine(bench: string, name: string, { metric, unit, samples, baseline, smallerIsBetter }: Measurement): ResultLine {
  const value = median(samples);
  const other = baseline === undefined ? null : median(baseline);
  const ratio = other === null ? null : smallerIsBetter ? other / value : value / other;
  return { bench, case: name, metric, value: rounded(value), unit, baseline: other === null ? null : rounded(other), ratio: ratio === null ? null : rounded(ratio) };
}

/** Four digits that count: more would only claim a precision that no such measurement has. */
export function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
}
