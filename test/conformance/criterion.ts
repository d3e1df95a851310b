/** What every criterion must satisfy: exported, so that a new one is tried by one call. */
import { describe, expect, it } from 'vitest';
import type { Candidate, SelectionContext } from '../../shared/selection/candidate.ts';
import { UNKNOWN, type Criterion, type FactValue } from '../../shared/selection/criterion.ts';
import { drawContext } from '../helpers/candidates.ts';

export interface CriterionCases {
  /** As an author writes them. */
  readonly settings: object;
  /** Just meets them, and just does not. */
  readonly meets: Candidate;
  readonly fails: Candidate;
  /** Says of itself what falls short, and how that reads. */
  readonly value: FactValue;
  readonly sentence: string;
  readonly wish: string | null;
  /** Cannot tell; null where that cannot be. */
  readonly unknown: Candidate | null;
  readonly context?: SelectionContext;
}

export function criterionConformance(criterion: Criterion, { settings, meets, fails, value, sentence, wish, unknown, context = drawContext() }: CriterionCases): void {
  describe(`criterion ${criterion.name}`, () => {
    const parsed = criterion.settings.parse(settings);

    it('has settings that are strict and read their own output', () => {
      expect(criterion.settings.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
      expect(criterion.settings.safeParse({ ...settings, misspelt: 1 }).success).toBe(false);
      expect(criterion.settings.safeParse({ ...settings, unknown: 'maybe' }).success).toBe(false);
    });

    it('tells who meets it from who just does not, with the value', () => {
      expect(criterion.check(meets, parsed, context)).toBeNull();
      expect(criterion.check(fails, parsed, context)).toBe(value);
    });

    it('says so in words, and what it asks as a fact and as a wish', () => {
      expect(criterion.sentence(value, parsed)).toBe(sentence);
      expect(['number', 'string', 'boolean']).toContain(typeof criterion.threshold(parsed));
      expect(criterion.wish(parsed)).toBe(wish);
    });

    it('leaves what cannot be known to the policy', () => {
      // A criterion that can be unknown says of what, and takes the policy's three words; another has no such setting.
      expect(criterion.subject === null).toBe(unknown === null);
      for (const word of ['allow', 'deny', 'penalise']) expect(criterion.settings.safeParse({ ...settings, unknown: word, penalty: 0.1 }).success).toBe(unknown !== null);
      if (unknown !== null) expect(criterion.check(unknown, parsed, context)).toBe(UNKNOWN);
    });
  });
}
