/**
 * The parts of Oort's utility (Lai, Zhu, Madhyastha, Chowdhury 2021, "Oort: Efficient Federated Learning via Guided
 * Participant Selection", sections 4.2–4.4 and algorithm 1), for the score and the sampler that use them.
 */
import type { TrackRecord } from './track-record.ts';

/**
 * |B| · √(mean of the examples' squared losses). A report brings the mean loss alone, which stands in for the root of the mean
 * square: equal where all examples have the same loss, smaller by their spread elsewhere. Null before a loss was heard.
 */
export function statisticalUtility(examples: number, track: TrackRecord | undefined): number | null {
  return track === undefined || track.loss === null ? null : examples * Math.max(0, track.loss);
}

/** √(0.1 · ln R / L): what a utility that was heard in round L is worth more in round R, since it may have changed. */
export function staleness(round: number, lastRound: number): number {
  return Math.sqrt((0.1 * Math.log(Math.max(1, round))) / Math.max(1, lastRound));
}

/** (T / t)^α for an edge slower than the preferred time T, 1 for the others: being faster than the round needs wins nothing. */
export function systemUtility(expectedMs: number | null, preferredMs: number | null, alpha: number): number {
  return expectedMs === null || preferredMs === null || expectedMs <= preferredMs ? 1 : (preferredMs / expectedMs) ** alpha;
}

/** The least of the values that is no less than the share `fraction` of them; null of none. */
export function quantile(values: readonly number[], fraction: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
}

/**
 * Utilities as fractions of the quantile `clip` of those that are known, and at most 1: an edge that reports a wildly high
 * loss, corrupt or by intent, is worth no more than a good one.
 */
export function clippedFractions(utilities: readonly (number | null)[], clip: number): (number | null)[] {
  const most = quantile(utilities.filter((utility) => utility !== null), clip);
  return utilities.map((utility) => (utility === null ? null : most === null || most === 0 ? 0 : Math.min(1, utility / most)));
}
