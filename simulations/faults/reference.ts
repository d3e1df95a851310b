/** What a round must have committed: the base moved by what exactly the reports that count come to by the task's rule, in float64. */
import { findRule, type AggregationSpec } from '../../shared/aggregation/registry.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import { decodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { decodeReport } from '../../shared/statistics/report-frame.ts';
import type { Delivery } from './ledger.ts';
import { plainVectors } from '../plain-vectors.ts';
import { SCHEMA } from './world.ts';

/** Relative to Σ|w·x| (DESIGN §2). */
const BOUND = 1e-6;
/** Half a unit in the last place of float32. */
const FLOAT32 = 2 ** -24;

/** One delivery as a sum: Σ w, Σ w·x and Σ|w·x| by value. */
export interface Contribution {
  readonly contains: readonly AssignmentId[];
  readonly weight: number;
  readonly sums: readonly number[];
  readonly magnitudes: readonly number[];
  /** Whether the coordinator said that it is in; otherwise it may be or not. */
  readonly certain: boolean;
}

/** The same as it counts by its staleness: its sum is damped, its weight is not. */
export function damped(contribution: Contribution, factor: number): Contribution {
  return { ...contribution, sums: contribution.sums.map((sum) => factor * sum), magnitudes: contribution.magnitudes.map((one) => factor * one) };
}

/** null for what cannot be read or holds what is no number: it must not have been taken. */
export function contributionOf({ kind, frame, contains, fate }: Delivery): Contribution | null {
  try {
    const { weight, sums } = kind === 'report' ? sumsOfReport(frame) : sumsOfAccumulator(frame);
    if (!Number.isFinite(weight) || !sums.every(Number.isFinite)) return null;
    return { contains, weight, sums, magnitudes: sums.map(Math.abs), certain: fate === 'accepted' };
  } catch {
    return null;
  }
}

function sumsOfReport(frame: Uint8Array): { weight: number; sums: number[] } {
  const { weight, fields } = decodeReport(frame).statistic;
  return { weight, sums: Array.from(fields.delta, (value) => weight * value) };
}

/** Its own rounding is that of float64, far below the bound. */
function sumsOfAccumulator(frame: Uint8Array): { weight: number; sums: number[] } {
  const { weight, partials } = decodeAccumulator(frame, SCHEMA).accumulator.parts();
  return { weight, sums: [...partials.delta] };
}

/** How contributions become one in a world, and what its rule remembers of the version before. */
export interface Combining {
  readonly aggregation: AggregationSpec;
  readonly last: Float32Array | null;
}

/** What they come to, and how large what went into each value is in the mean. */
async function expected({ aggregation, last }: Combining, chosen: readonly Contribution[]): Promise<{ readonly values: ArrayLike<number>; readonly magnitudes: readonly number[] }> {
  const weight = chosen.reduce((sum, one) => sum + one.weight, 0);
  const meanOf = (of: (one: Contribution) => readonly number[]): number[] => chosen[0].sums.map((_, i) => chosen.reduce((sum, one) => sum + of(one)[i], 0) / weight);
  const magnitudes = meanOf(({ magnitudes: own }) => own);
  const rule = findRule(aggregation);
  const needs = rule.needs(aggregation);
  if (needs.kind === 'sum') return { values: meanOf((one) => scaledSums(one, needs.largestNorm)), magnitudes };
  const inOrder = chosen.toSorted((a, b) => (a.contains[0] < b.contains[0] ? -1 : 1));
  const rows = inOrder.map((one) => Float32Array.from(one.sums, (sum) => sum / one.weight));
  return { values: await rule.combine(plainVectors(rows, inOrder.map((one) => one.weight)), aggregation, last), magnitudes };
}

/** A report's own: a sum of several is never scaled. */
function scaledSums({ sums, weight }: Contribution, largestNorm: number | null): readonly number[] {
  const norm = Math.hypot(...sums) / weight;
  return largestNorm === null || norm <= largestNorm ? sums : sums.map((sum) => (sum * largestNorm) / norm);
}

/** Farther from it, the weights are not those of these contributions: 1 is at the bound. */
export async function distanceFrom(weights: ArrayLike<number>, base: ArrayLike<number>, combining: Combining, chosen: readonly Contribution[]): Promise<number> {
  const { values, magnitudes } = await expected(combining, chosen);
  let most = 0;
  for (let i = 0; i < weights.length; i++) {
    // What they come to is rounded to float32, so is its sum with the base.
    const bound = BOUND * magnitudes[i] + 2 * FLOAT32 * (Math.abs(base[i]) + Math.abs(values[i])) + Number.MIN_VALUE;
    const distance = Math.abs(weights[i] - (base[i] + values[i])) / bound;
    // Written so that what is no number is far away.
    if (!(distance <= most)) most = distance;
  }
  return most;
}

/**
 * The contributions that make up the weights: all certain ones and some of the others, each of the assignments in exactly
 * one. Where none do, the nearest, with its distance. At most a few deliveries are uncertain: all choices are tried.
 */
export async function explain(weights: ArrayLike<number>, base: ArrayLike<number>, combining: Combining, assignments: readonly AssignmentId[], contributions: readonly Contribution[]): Promise<{ readonly distance: number; readonly chosen: readonly Contribution[] }> {
  let best: { distance: number; chosen: readonly Contribution[] } = { distance: Infinity, chosen: [] };
  const certain = contributions.filter((one) => one.certain);
  const open = contributions.filter((one) => !one.certain);
  const search = async (left: ReadonlySet<AssignmentId>, chosen: readonly Contribution[], from: number): Promise<void> => {
    if (left.size === 0) {
      const distance = await distanceFrom(weights, base, combining, chosen);
      if (distance < best.distance) best = { distance, chosen };
      return;
    }
    for (let i = from; i < open.length && best.distance > 1; i++) {
      const one = open[i];
      if (one.contains.every((id) => left.has(id))) await search(without(left, one), [...chosen, one], i + 1);
    }
  };
  const covered = certain.flatMap(({ contains }) => contains);
  const wanted = new Set(assignments);
  if (new Set(covered).size === covered.length && covered.every((id) => wanted.has(id))) {
    await search(new Set(assignments.filter((id) => !covered.includes(id))), certain, 0);
  }
  return best;
}

function without(ids: ReadonlySet<AssignmentId>, { contains }: Contribution): ReadonlySet<AssignmentId> {
  return new Set([...ids].filter((id) => !contains.includes(id)));
}
