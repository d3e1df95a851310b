/** Uniform sampling without replacement: every eligible edge with the same probability count / n. */
import type { RandomSource } from '../../../shared/random.ts';

/** The positions drawn, in random order; all of them where `count ≥ n`. Partial Fisher–Yates, O(count) swaps. */
export function uniform(n: number, count: number, random: RandomSource): number[] {
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
