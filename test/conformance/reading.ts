/** What every reading must satisfy: exported, so that a new one is tried by one call. */
import { describe, expect, it } from 'vitest';
import type { TaskHistory } from '../../server/diagnosis/history.ts';
import type { Finding, Reading } from '../../server/diagnosis/reading.ts';
import { history } from '../helpers/histories.ts';

export interface ReadingCases {
  /** In which it finds something; what it says of it, as far as that is worth saying. */
  readonly troubled: TaskHistory;
  readonly findings: readonly Partial<Finding>[];
  /** Nearly the same, and nothing to find. */
  readonly sound: TaskHistory;
}

export function readingConformance(reading: Reading, { troubled, findings, sound }: ReadingCases): void {
  describe(`reading ${reading.name}`, () => {
    const found = reading.read(troubled) ?? [];

    it('finds what is there, and nothing where nothing is', () => {
      expect(found).toEqual(findings.map((finding) => expect.objectContaining(finding) as unknown));
      expect(reading.read(sound)).toEqual([]);
    });

    it('says nothing of a task that has only begun', () => {
      expect(reading.read(history({})) ?? []).toEqual([]);
    });

    it('is pure: it changes nothing, and says the same again', () => {
      const before = structuredClone(troubled);
      expect(reading.read(troubled)).toEqual(found);
      expect(troubled).toEqual(before);
    });

    it('says what, since when, how sure, by which numbers, and what to try; as plain data', () => {
      const last = troubled.rounds.at(-1)?.round ?? 0;
      expect(new Set(found.map(({ subject }) => subject)).size).toBe(found.length);
      for (const { what, since, sure, evidence, remedies, lines } of found) {
        expect(what.length).toBeGreaterThan(20);
        expect(what).not.toMatch(/NaN|Infinity|undefined/);
        expect(since).toBeGreaterThanOrEqual(1);
        expect(since).toBeLessThanOrEqual(last);
        expect(['possible', 'likely', 'certain']).toContain(sure);
        expect(Object.keys(evidence).length).toBeGreaterThan(0);
        for (const value of Object.values(evidence)) expect(value).toSatisfy(Number.isFinite);
        expect(remedies.length).toBeGreaterThan(0);
        for (const { points } of lines) for (const [, value] of points) expect(value).toSatisfy(Number.isFinite);
      }
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    });

    it('reads single edges only where it says so', () => {
      if (reading.needs.singleEdges) return;
      // What single edges reported is not in a history of a task that does not allow it.
      const blind: TaskHistory = {
        ...troubled,
        facts: { ...troubled.facts, singleEdges: false },
        rounds: troubled.rounds.map((round) => ({ ...round, medianLoss: null, medianCosine: null })),
        edges: troubled.edges.map((trace) => ({ ...trace, parts: trace.parts.map((part) => ({ ...part, examples: null, loss: null, lossRatio: null, norm: null, lengthRatio: null, cosine: null })) })),
      };
      expect((reading.read(blind) ?? []).map(({ subject }) => subject)).toEqual(found.map(({ subject }) => subject));
    });
  });
}
