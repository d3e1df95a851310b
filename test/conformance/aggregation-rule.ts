/** What every aggregation rule must do, whatever the reports: each is tried through the coordinator's own path. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AggregationSpec } from '../../shared/aggregation/registry.ts';
import { findRule, readsReports } from '../../shared/aggregation/registry.ts';
import { aggregate } from '../helpers/aggregate.ts';

const RUNS = { numRuns: 40, seed: 3 };
const WIDTH = 9;

export interface RuleUnderTest {
  /** Settings that withstand so many attackers. */
  settings(attackers: number): AggregationSpec;
  /** False for the one that withstands none. */
  readonly robust: boolean;
  /** How far from the honest reports' middle what comes out may lie, in their radius; attackers lie anywhere. */
  readonly within: number;
}

const row = (low: number, high: number): fc.Arbitrary<number[]> => fc.array(fc.double({ min: low, max: high, noNaN: true }).map(Math.fround), { minLength: WIDTH, maxLength: WIDTH });

/** Some attackers, as many honest reports as they make necessary or a few more, and in which order they arrive. */
const worlds = (rule: RuleUnderTest): fc.Arbitrary<{ attackers: number; count: number; order: number[] }> =>
  fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 4 })).chain(([attackers, more]) => {
    const settings = rule.settings(attackers);
    const count = Math.max(2, findRule(settings).bound(settings).reports + more);
    return fc.record({ attackers: fc.constant(attackers), count: fc.constant(count), order: fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }) });
  });

export function aggregationRuleConformance(name: string, rule: RuleUnderTest): void {
  describe(`aggregation rule ${name}`, () => {
    it('gives the same bits in whatever order the reports arrive', async () => {
      await fc.assert(fc.asyncProperty(worlds(rule), fc.array(row(-10, 10), { minLength: 20, maxLength: 20 }), async ({ attackers, count, order }, rows) => {
        const settings = rule.settings(attackers);
        const straight = await aggregate(settings, rows.slice(0, count));
        const shuffled = await aggregate(settings, rows.slice(0, count), { order });
        // What merges as it arrives is rounded in the order of arrival.
        if (readsReports({ aggregation: settings })) expect(shuffled).toEqual(straight);
        else straight.forEach((value, i) => expect(shuffled[i]).toBeCloseTo(value, 4));
      }), RUNS);
    });

    // Who chooses takes of equals the first by its assignment, and two that lie nearest to each other are equal to Krum.
    if (!findRule(rule.settings(1)).pairwise) it('is the same whoever reports what', async () => {
      await fc.assert(fc.asyncProperty(worlds(rule), fc.array(row(-10, 10), { minLength: 20, maxLength: 20 }), async ({ attackers, count, order }, rows) => {
        const settings = rule.settings(attackers);
        const straight = await aggregate(settings, rows.slice(0, count));
        const exchanged = await aggregate(settings, order.map((i) => rows[i]));
        straight.forEach((value, i) => expect(exchanged[i]).toBeCloseTo(value, 3));
      }), RUNS);
    });

    it('is what all report where all report the same', async () => {
      await fc.assert(fc.asyncProperty(worlds(rule), row(-1, 1), async ({ attackers, count }, values) => {
        const found = await aggregate(rule.settings(attackers), Array.from({ length: count }, () => values));
        found.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThanOrEqual(1e-6 * Math.abs(values[i]) + 1e-30));
      }), RUNS);
    });

    it('gives finite values for whatever finite ones', async () => {
      const any = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: WIDTH, maxLength: WIDTH });
      await fc.assert(fc.asyncProperty(worlds(rule), fc.array(any, { minLength: 20, maxLength: 20 }), async ({ attackers, count }, rows) => {
        const found = await aggregate(rule.settings(attackers), rows.slice(0, count));
        expect(found.every(Number.isFinite)).toBe(true);
      }), RUNS);
    });

    it(rule.robust ? 'stays with the honest reports, whatever as many attackers as its bound allows send' : 'goes where one report drags it', async () => {
      const far = fc.constantFrom(-1e30, -1e6, -100, 100, 1e6, 1e30);
      const lies = fc.array(fc.oneof(fc.array(far, { minLength: WIDTH, maxLength: WIDTH }), far.map((value) => Array<number>(WIDTH).fill(value))), { minLength: 3, maxLength: 3 });
      await fc.assert(fc.asyncProperty(worlds(rule), row(-5, 5), fc.array(row(-1, 1), { minLength: 20, maxLength: 20 }), lies, async ({ attackers, count, order }, middle, honest, sent) => {
        const lying = rule.robust ? attackers : 1;
        const rows = [...sent.slice(0, lying), ...honest.slice(0, count - lying).map((near) => near.map((value, i) => middle[i] + value))];
        const found = await aggregate(rule.settings(attackers), order.map((i) => rows[i]));
        const off = Math.hypot(...Array.from(found, (value, i) => value - middle[i])) / Math.sqrt(WIDTH);
        if (rule.robust) expect(off).toBeLessThanOrEqual(rule.within);
        else expect(off).toBeGreaterThan(1);
      }), RUNS);
    });
  });
}
