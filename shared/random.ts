/** Randomness as a dependency: seeded, forkable by name, the same on every platform. */
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { mixBits } from './mix-bits.ts';

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
  return mixBits(h);
}

export function createRandom(seed: number): RandomSource {
  // Made when it is drawn from first: many a source is there only to be forked, or not needed this time.
  let generator: RandomGenerator | null = null;
  const next = (): number => ((generator ??= generatorOf(seed)).next() >>> 0) / 2 ** 32;
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

function generatorOf(seed: number): RandomGenerator {
  // Seeded by a sequence of mixed words (as SplitMix does): small seeds as they are would begin with numbers near 1.
  const word = (n: number): number => mixBits((seed | 0) + Math.imul(n, 0x9e3779b9)) | 0;
  return xoroshiro128plusFromState([word(1), word(2), word(3), word(4)]);
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
