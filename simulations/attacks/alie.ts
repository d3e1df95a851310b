/**
 * ALIE (Baruch, Baruch, Goldberg 2019, "A Little Is Enough: Circumventing Defenses For Distributed Learning"): the attackers know each other's honest
 * updates, and so about what the others' are like. All send their mean less z times their deviation, value by value: as far off as still lies within
 * what honest edges differ by.
 */
import { z } from 'zod';
import type { Attack } from './attack.ts';

const Settings = z.strictObject({
  /** How many deviations; null: the paper's z for so many edges and attackers. */
  z: z.number().nonnegative().nullable().default(null),
});

export const alie = {
  name: 'alie',
  config: Settings,
  summary: 'All send the mean of their honest updates less a little of their deviation (Baruch et al. 2019)',
  poison: () => null,
  async forge(update, { settings, edges, attackers, colluders }) {
    const updates = await colluders();
    const many = settings.z ?? largestUnseen(edges, attackers);
    const sent = new Float32Array(update.length);
    for (let i = 0; i < sent.length; i++) {
      let [sum, squares] = [0, 0];
      for (const own of updates) sum += own[i];
      const mean = sum / updates.length;
      for (const own of updates) squares += (own[i] - mean) ** 2;
      sent[i] = mean - many * Math.sqrt(squares / updates.length);
    }
    return sent;
  },
} as const satisfies Attack<'alie', typeof Settings>;

/** The paper's z: with how many deviations the s honest edges that a majority takes still lie further off. 0 where the attackers are the majority. */
export function largestUnseen(edges: number, attackers: number): number {
  const honest = edges - attackers;
  const needed = Math.floor(edges / 2 + 1) - attackers;
  return Math.max(0, normalQuantile((honest - needed) / honest));
}

/** Where the standard normal distribution reaches a probability, by halving. */
function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) return probability >= 1 ? 8 : -8;
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCumulative(middle) < probability) low = middle;
    else high = middle;
  }
  return low;
}

/** By Abramowitz and Stegun 26.2.17: within 7.5·10⁻⁸. */
function normalCumulative(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail = (Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI)) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
}
