/** What every score must satisfy: exported, so that a new one is tried by one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { Score } from '../../shared/selection/score.ts';
import { arbitraryPopulation } from '../helpers/candidates.ts';

/** @param settings beside its name, as an author writes them */
export function scoreConformance(score: Score, settings: object): void {
  describe(`score ${score.name}`, () => {
    const parsed = score.settings.parse({ name: score.name, ...settings });

    it('has settings that are strict and read their own output, its name and weight among them', () => {
      expect(parsed).toMatchObject({ name: score.name, weight: 1 });
      expect(score.settings.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
      for (const wrong of [{ misspelt: 1 }, { weight: 0 }, { weight: -1 }, { name: 'another' }]) expect(score.settings.safeParse({ name: score.name, ...settings, ...wrong }).success).toBe(false);
    });

    it('gives every candidate a number in [0, 1], the same for the same seed, whatever is known of it', () => {
      fc.assert(fc.property(arbitraryPopulation, fc.integer({ min: 1, max: 20 }), fc.integer(), ({ candidates, context }, count, seed) => {
        const rate = (): Float64Array => score.rate({ candidates, count, settings: parsed, context, random: createRandom(seed) });
        const values = rate();
        expect(values).toHaveLength(candidates.length);
        expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(rate()).toEqual(values);
      }), { numRuns: 100, seed: 1 });
    });
  });
}
