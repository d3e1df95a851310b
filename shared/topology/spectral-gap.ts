/**
 * How fast peers come to agree. Whatever lies between them and their mean shrinks in each round at least by the second
 * largest singular value of the mixing matrix; the spectral gap is what that leaves of 1. Of matrices that follow one another
 * the product over a period counts, and its root: the shrinking of a round on the average.
 */
import { createRandom } from '../random.ts';
import { mix, mixBack, mixingsOf, type Mixing } from './mixing.ts';
import type { Graph } from './topology.ts';

/** Relative, of the squared singular value. */
const TOLERANCE = 1e-12;
/** Steps without a change after which none is to come. */
const SETTLED_STEPS = 5;

export interface Agreement {
  /** By which factor the distance to the mean shrinks in a round, in [0, 1]; 1: they need not come to agree. */
  readonly contraction: number;
  /** 1 − contraction. */
  readonly gap: number;
}

export function agreementOf(graph: Graph): Agreement {
  const mixings = mixingsOf(graph);
  const contraction = secondSingularValue(mixings, graph.peers) ** (1 / mixings.length);
  return { contraction, gap: 1 - contraction };
}

/** Rounds until the distance to the mean is so small a part of what it was; Infinity where that need not come. */
export function roundsToShrink({ contraction }: Agreement, factor: number): number {
  if (contraction >= 1) return Infinity;
  return contraction <= 0 ? 1 : Math.max(1, Math.ceil(Math.log(factor) / Math.log(contraction)));
}

/** Of the product of the matrices, on what has mean 0: by Lanczos' method on PᵀP, whose largest eigenvalue is its square. */
function secondSingularValue(mixings: readonly Mixing[], peers: number): number {
  const there = (values: Float64Array): Float64Array => mixings.reduce((mixed, mixing) => mix(mixing, mixed), values);
  const back = (values: Float64Array): Float64Array => mixings.reduceRight((mixed, mixing) => mixBack(mixing, mixed), values);
  const largest = largestEigenvalue((values) => withoutMean(back(there(values))), peers);
  // What is smaller than the rounding of the sums is nothing.
  return largest < 1e-24 ? 0 : Math.sqrt(Math.min(1, largest));
}

/**
 * Of a symmetric positive semidefinite operator on vectors of mean 0. Every new direction is made orthogonal to all before it,
 * since rounding would let found ones come back; after as many steps as there are dimensions the result is exact.
 */
function largestEigenvalue(apply: (values: Float64Array) => Float64Array, size: number): number {
  const random = createRandom(1);
  let direction = normalised(withoutMean(Float64Array.from({ length: size }, () => random.next() - 0.5)));
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let found = 0;
  let unchanged = 0;
  for (let step = 1; step < size; step++) {
    basis.push(direction);
    const next = apply(direction);
    diagonal.push(dot(direction, next));
    // Twice is enough (Parlett).
    for (let pass = 0; pass < 2; pass++) for (const known of basis) subtractAlong(next, known);
    const length = Math.sqrt(dot(next, next));
    const estimate = largestOfTridiagonal(diagonal, beside);
    unchanged = Math.abs(estimate - found) <= TOLERANCE * Math.abs(estimate) ? unchanged + 1 : 0;
    found = estimate;
    // It grows and settles; or nothing is left that was not looked at.
    if (unchanged >= SETTLED_STEPS || length < 1e-14) break;
    beside.push(length);
    direction = next.map((value) => value / length);
  }
  return found;
}

/** Bisection between Gershgorin's bounds: how many eigenvalues lie above a number is read off the signs of a recurrence (Sturm). */
function largestOfTridiagonal(diagonal: readonly number[], beside: readonly number[]): number {
  const radius = (i: number): number => Math.abs(beside[i - 1] ?? 0) + Math.abs(i < diagonal.length - 1 ? beside[i] : 0);
  let low = Math.max(...diagonal);
  let high = diagonal.reduce((most, value, i) => Math.max(most, value + radius(i)), -Infinity);
  const anyAbove = (bound: number): boolean => {
    let pivot = 1;
    for (let i = 0; i < diagonal.length; i++) {
      pivot = diagonal[i] - bound - (i === 0 ? 0 : beside[i - 1] ** 2 / (pivot === 0 ? Number.MIN_VALUE : pivot));
      if (pivot > 0) return true;
    }
    return false;
  };
  for (let i = 0; i < 100 && high - low > 1e-15 * Math.abs(high); i++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (anyAbove(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function withoutMean(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function normalised(values: Float64Array): Float64Array {
  const length = Math.sqrt(dot(values, values));
  return values.map((value) => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function subtractAlong(values: Float64Array, direction: Float64Array): void {
  const along = dot(values, direction);
  for (let i = 0; i < values.length; i++) values[i] -= along * direction[i];
}
