/** Randomness as a dependency: seeded, forkable by name, the same on every platform. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface RandomSource {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, bound). */
  int(bound: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /**
   * An independent source that depends on this one's seed and the label alone,
   * not on how much was drawn before: adding a draw in one place moves no other.
   */
  fork(label: string): RandomSource;
}

/** FNV-1a, 32 bits: spreads labels over seeds. */
function hash(text: string, start: number): number {
  let h = (0x811c9dc5 ^ start) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // A final mix, since FNV leaves the low bits of short texts alike.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  return (h ^ (h >>> 13)) >>> 0;
}

export function createRandom(seed: number): RandomSource {
  const generator = xoroshiro128plus(seed | 0);
  const next = (): number => (generator.next() >>> 0) / 2 ** 32;
  return {
    next,
    int: (bound) => Math.floor(next() * bound),
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return radius * Math.cos(2 * Math.PI * next());
    },
    fork: (label) => createRandom(hash(label, seed)),
  };
}

/** Fisher–Yates, in place; returns its argument. */
export function shuffle<T extends { length: number; [index: number]: unknown }>(items: T, random: RandomSource): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const held = items[i];
    items[i] = items[j];
    items[j] = held;
  }
  return items;
}
