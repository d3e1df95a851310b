/** What merged sums tell of the edges, beside what somebody who saw each of them would say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { evaluationValues } from '../../shared/evaluation/fields.ts';
import { summariseEvaluation } from '../../shared/evaluation/summary.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { toySpec } from '../helpers/virtual-federation.ts';

const edge = fc.record({ examples: fc.integer({ min: 1, max: 500 }), right: fc.double({ min: 0, max: 1, noNaN: true }), loss: fc.double({ min: 0, max: 20, noNaN: true }) });

/** Mean of the share of the sorted values at one end, the last of them by the part that is still wanted. */
function exactTail(sorted: readonly number[], share: number): number {
  let left = share * sorted.length;
  let sum = 0;
  for (const value of sorted) {
    const here = Math.min(1, left);
    sum += here * value;
    left -= here;
    if (left <= 0) break;
  }
  return sum / (share * sorted.length);
}

describe('a federated evaluation', () => {
  it('is exact in its means and deviations, and within one bin in its tenths, however the reports are grouped', () => {
    fc.assert(
      fc.property(fc.array(edge, { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 100 }), fc.integer({ min: 1, max: 7 }), (edges, bins, groups) => {
        const label = { type: 'categorical' as const, column: 'y', values: ['no', 'yes'] };
        const spec = parseTaskSpec(toySpec({ data: { kind: 'table', features: [{ type: 'numeric', column: 'x' }], label, validation: { fraction: 0.5 } }, evaluation: { bins } }));
        const schema = statisticSchemaFor(spec, TOY_LAYOUT);
        const found = edges.map(({ examples, right, loss }) => {
          const hits = Math.round(right * examples);
          return { examples, hits, accuracy: hits / examples, loss };
        });
        const parts = Array.from({ length: groups }, () => createAccumulator(schema));
        found.forEach((one, i) => {
          const report = { weight: 1, fields: { delta: new Float32Array(2), trainLoss: Float64Array.of(0), examples: Float64Array.of(1), ...evaluationValues(spec, { shared: one }, 0) } };
          checkStatistic(schema, report);
          parts[(i * 5) % groups].add(report, asAssignmentId(`line.1.${i}`));
        });
        const whole = createAccumulator(schema);
        for (const part of parts) if (part.count > 0) whole.merge(part);
        const { shared } = summariseEvaluation(spec, whole.merged())!;

        const sum = (of: (one: (typeof found)[number]) => number): number => found.reduce((total, one) => total + of(one), 0);
        const examples = sum((one) => one.examples);
        const mean = sum(({ accuracy }) => accuracy) / found.length;
        expect(shared).toMatchObject({ edges: found.length, examples });
        expect(shared.accuracy).toBeCloseTo(sum(({ hits }) => hits) / examples, 9);
        expect(shared.loss).toBeCloseTo(sum((one) => one.examples * one.loss) / examples, 8);
        expect(shared.mean).toBeCloseTo(mean, 9);
        expect(shared.deviation).toBeCloseTo(Math.sqrt(sum(({ accuracy }) => (accuracy - mean) ** 2) / found.length), 6);
        const sorted = found.map(({ accuracy }) => accuracy).sort((a, b) => a - b);
        expect(Math.abs(shared.worstDecile - exactTail(sorted, 0.1))).toBeLessThan(1 / bins + 1e-9);
        expect(Math.abs(shared.bestDecile - exactTail(sorted.toReversed(), 0.1))).toBeLessThan(1 / bins + 1e-9);
        expect(shared.worstDecile).toBeLessThanOrEqual(shared.mean + 1e-9);
        expect(shared.bestDecile).toBeGreaterThanOrEqual(shared.mean - 1e-9);
      }),
      { numRuns: 200 },
    );
  });
});
