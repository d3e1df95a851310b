/** How far two distributions are apart that were counted in the same bins. */
import { MurmurError } from '../errors.ts';

/** In place of an empty bin, whose logarithm would be infinite: half a value. */
const EMPTY = 0.5;

/**
 * Population stability index, Σ (p − q) ln(p / q): the symmetric Kullback–Leibler divergence of two histograms. By custom
 * below 0.1 is no drift, from 0.25 much. null: one side has no values. @throws incompatible where the bins are not the same
 */
export function stabilityIndex(before: readonly number[], after: readonly number[]): number | null {
  const [p, q] = [shares(before, EMPTY), shares(after, EMPTY)];
  requireSameBins(before, after);
  return p === null || q === null ? null : p.reduce((sum, share, i) => sum + (share - q[i]) * Math.log(share / q[i]), 0);
}

/**
 * Kolmogorov–Smirnov statistic as far as the bins show it: the largest difference of the two shares below an edge. That of the
 * values themselves is no smaller. null: one side has no values. @throws incompatible where the bins are not the same
 */
export function kolmogorovSmirnov(before: readonly number[], after: readonly number[]): number | null {
  const [p, q] = [shares(before), shares(after)];
  requireSameBins(before, after);
  if (p === null || q === null) return null;
  let [apart, largest] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    apart += p[i] - q[i];
    largest = Math.max(largest, Math.abs(apart));
  }
  return Math.min(1, largest);
}

function shares(counts: readonly number[], least = 0): readonly number[] | null {
  if (counts.every((count) => count === 0)) return null;
  const filled = counts.map((count) => Math.max(count, least));
  const total = filled.reduce((sum, count) => sum + count, 0);
  return filled.map((count) => count / total);
}

function requireSameBins(before: readonly number[], after: readonly number[]): void {
  if (before.length !== after.length) throw new MurmurError('incompatible', `${before.length} bins and ${after.length} bins cannot be compared`);
}
