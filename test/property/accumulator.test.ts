import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { asAssignmentId, asDigest } from '../../shared/ids.ts';
import { createRandom, shuffle, type RandomSource } from '../../shared/random.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { createAccumulator, type Accumulator } from '../../shared/statistics/accumulator.ts';
import { decodeReport, encodeReport, type Report } from '../../shared/statistics/report-frame.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';

const SIZE = 11;
const layout = asDigest('0'.repeat(64));
const schema: StatisticSchema = {
  fields: [
    { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [SIZE] },
    { name: 'total', monoid: 'sum', dtype: 'float32', shape: [SIZE] },
  ],
  maxWeight: 1e6,
  maxNorm: null,
};

/** Pairs of reports that cancel but for a remnant many orders of magnitude smaller, spread over the whole order. */
function cancellingReports(pairs: number, random: RandomSource): Report[] {
  const reports: Report[] = [];
  const push = (weight: number, values: Float32Array): void => {
    reports.push({ assignment: asAssignmentId(`r${reports.length}`), layout, statistic: { weight, fields: { delta: values, total: values.slice() } } });
  };
  for (let pair = 0; pair < pairs; pair++) {
    const weight = 1 + random.int(1000);
    const scale = 10 ** (random.int(13) - 6);
    const values = Float32Array.from({ length: SIZE }, () => random.normal() * scale);
    push(weight, values);
    push(weight, values.map((value) => -value * (1 + (random.next() < 0.1 ? 1e-6 : 0))));
  }
  return shuffle(reports, random);
}

/** Random trees: leaves take reports in their order, inner nodes merge; some accumulators travel as frames on the way. */
function mergeAsTree(reports: readonly Report[], random: RandomSource): Accumulator {
  let level: Accumulator[] = [];
  for (let from = 0; from < reports.length; ) {
    const take = 1 + random.int(40);
    const leaf = createAccumulator(schema);
    for (const report of reports.slice(from, from + take)) {
      const { assignment, statistic } = random.next() < 0.05 ? decodeReport(encodeReport(report)) : report;
      leaf.add(statistic, assignment);
    }
    level.push(leaf);
    from += take;
  }
  while (level.length > 1) {
    const next: Accumulator[] = [];
    shuffle(level, random);
    for (let from = 0; from < level.length; ) {
      const take = 2 + random.int(5);
      const [first, ...others] = level.slice(from, from + take);
      for (const other of others) first.merge(other);
      next.push(random.next() < 0.5 ? decodeAccumulator(encodeAccumulator(first, layout), schema).accumulator : first);
      from += take;
    }
    level = next;
  }
  return level[0];
}

/** Neumaier's compensated sum: the reference, good to far beyond the bound. */
function exactSum(terms: readonly number[]): number {
  let sum = 0;
  let compensation = 0;
  for (const term of terms) {
    const next = sum + term;
    compensation += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
  }
  return sum + compensation;
}

describe('10,000 reports whose deltas cancel', () => {
  it.each([1, 2, 3])('come to the float64 sum within 1e-6 · Σ|w·x| in any order and grouping (seed %i)', (seed) => {
    const random = createRandom(seed);
    const reports = cancellingReports(5000, random);
    const accumulator = mergeAsTree(reports, random);
    expect(accumulator.count).toBe(10_000);
    expect(accumulator.weight).toBe(reports.reduce((total, { statistic }) => total + statistic.weight, 0));
    const { delta, total } = accumulator.merged().fields;
    const partial = accumulator.parts().partials.delta;
    for (let i = 0; i < SIZE; i++) {
      const weighted = reports.map(({ statistic }) => statistic.weight * statistic.fields.delta[i]);
      const plain = reports.map(({ statistic }) => statistic.fields.total[i]);
      const magnitude = weighted.reduce((sum, term) => sum + Math.abs(term), 0);
      // The bound that is promised, and the far tighter one that float64 gives.
      expect(Math.abs(delta[i] * accumulator.weight - exactSum(weighted))).toBeLessThanOrEqual(1e-6 * magnitude);
      expect(Math.abs(partial[i] - exactSum(weighted))).toBeLessThanOrEqual(1e-11 * magnitude);
      expect(Math.abs(total[i] - exactSum(plain))).toBeLessThanOrEqual(1e-11 * plain.reduce((sum, term) => sum + Math.abs(term), 0));
      // The cancelling was real: a float32 sum would have lost the remnant.
      expect(Math.abs(exactSum(weighted))).toBeLessThan(1e-5 * magnitude);
    }
  });
});

describe('any accumulator', () => {
  it('keeps its bits through frames, forwarded any number of times', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: 0.001, max: 1e5, noNaN: true }), fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: SIZE, maxLength: SIZE })), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 3 }), (drawn, hops) => {
        const accumulator = createAccumulator(schema);
        drawn.forEach(([weight, values], i) => accumulator.add({ weight, fields: { delta: Float32Array.from(values), total: Float32Array.from(values) } }, asAssignmentId(`r${i}`)));
        let forwarded = accumulator;
        for (let hop = 0; hop < hops; hop++) forwarded = decodeAccumulator(encodeAccumulator(forwarded, layout), schema).accumulator;
        expect(forwarded.parts()).toEqual(accumulator.parts());
        expect(encodeAccumulator(forwarded, layout)).toEqual(encodeAccumulator(accumulator, layout));
      }),
    );
  });
});
