import type { RandomSource } from '../../shared/random.ts';

/** What must be unpredictable in production, and the same each time in a simulation. */
export function bytesFrom(random: RandomSource): (count: number) => Uint8Array {
  return (count) => Uint8Array.from({ length: count }, () => random.int(256));
}
