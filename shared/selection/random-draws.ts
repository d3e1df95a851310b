/** The two draws without replacement that samplers are made of. */
import type { RandomSource } from '../random.ts';

/**
 * Uniform: every one of n with the same probability count / n.
 * The positions drawn, in random order; all of them where `count ≥ n`. Partial Fisher–Yates, O(count) swaps.
 */
export function drawUniformly(n: number, count: number, random: RandomSource): number[] {
  const positions = Array.from({ length: n }, (_, i) => i);
  const drawn = Math.min(count, n);
  for (let i = 0; i < drawn; i++) {
    const j = i + random.int(n - i);
    const held = positions[i];
    positions[i] = positions[j];
    positions[j] = held;
  }
  return positions.slice(0, drawn);
}

/** Where the keys of weights that are 0 begin: behind all others. */
const BEHIND = 1e300;

/**
 * Successive sampling by weight: the first is drawn with probability w / Σw, the next among the rest in the same way, and
 * so on. Done in one pass, as Efraimidis and Spirakis showed (2006, "Weighted random sampling with a reservoir"): each gets
 * an exponential arrival time of rate w, −ln(u) / w, and those who arrive first are drawn. Whoever weighs nothing comes last.
 * @param weights finite, none negative
 */
export function arrivalTimes(weights: ArrayLike<number>, random: RandomSource): Float64Array {
  const times = new Float64Array(weights.length);
  for (let i = 0; i < times.length; i++) {
    // In [0, ∞): 1 − u is never 0.
    const time = -Math.log(1 - random.next());
    times[i] = weights[i] > 0 ? Math.min(time / weights[i], BEHIND) : BEHIND * (1 + time);
  }
  return times;
}

/** Positions of the `count` least keys, least first; equal ones by position. */
export function positionsOfLeast(keys: ArrayLike<number>, count: number): number[] {
  return Array.from(keys, (_, i) => i)
    .sort((a, b) => keys[a] - keys[b] || a - b)
    .slice(0, count);
}

/** `count` positions drawn one after another, each with probability w / Σw among those left. */
export function drawByWeight(weights: ArrayLike<number>, count: number, random: RandomSource): number[] {
  return positionsOfLeast(arrivalTimes(weights, random), count);
}
