/** How schedules are drawn: one of several, yes or no, a number. */
import type { RandomSource } from '../../shared/random.ts';

export const pick = <T>(random: RandomSource, items: readonly T[]): T => items[random.int(items.length)];

export const chance = (random: RandomSource, probability: number): boolean => random.next() < probability;

/** Uniform, whole; both ends are in. */
export const between = (random: RandomSource, least: number, most: number): number => least + random.int(most - least + 1);

/** As many small ones as large ones: what breaks within a message's way is as likely as what breaks within a phase. */
export const spread = (random: RandomSource, most: number): number => Math.round(most ** random.next());
