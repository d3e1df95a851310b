/** Reports checked and merged in kernel memory, against exact sums and the plain accumulator. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MurmurError } from '../../shared/errors.ts';
import { asAssignmentId, asDigest } from '../../shared/ids.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { createAccumulator, type Accumulator } from '../../shared/statistics/accumulator.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import { createMergeArena } from '../../shared/statistics/merge-arena.ts';
import type { Statistic, StatisticSchema } from '../../shared/statistics/statistic.ts';

/** Above what is taken into the arena, and no multiple of any block. */
const SIZE = 70_003;
const id = (n: number) => asAssignmentId(`a${n}`);

const schema: StatisticSchema = {
  fields: [
    { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [SIZE] },
    { name: 'total', monoid: 'sum', dtype: 'float32', shape: [20_000] },
    { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [] },
    { name: 'largest', monoid: 'max', dtype: 'float32', shape: [SIZE] },
  ],
  maxWeight: 1e9,
  maxNorm: null,
};

function statisticOf(seed: number, scale = 1, weight = 1 + createRandom(seed).int(1000)): Statistic {
  const random = createRandom(seed);
  const vector = (size: number): Float32Array => Float32Array.from({ length: size }, () => (random.next() - 0.5) * scale);
  return { weight, fields: { delta: vector(SIZE), total: vector(20_000), examples: Float64Array.of(weight), largest: vector(SIZE) } };
}

function thrownBy(call: () => unknown): MurmurError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof MurmurError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

/** What DESIGN §2 promises: within 10^-6 · Σ|w·x| of the float64 sum. */
function expectWithinBound(accumulator: Accumulator, statistics: readonly Statistic[]): void {
  const { partials } = accumulator.parts();
  for (const [name, weighted] of [['delta', true], ['total', false]] as const) {
    for (let i = 0; i < partials[name].length; i++) {
      let exact = 0;
      let absolute = 0;
      for (const { weight, fields } of statistics) {
        const term = (weighted ? weight : 1) * fields[name][i];
        exact += term;
        absolute += Math.abs(term);
      }
      if (!(Math.abs(partials[name][i] - exact) <= 1e-6 * absolute)) throw new Error(`${name}[${i}] is ${partials[name][i]}, not ${exact} (bound ${1e-6 * absolute})`);
    }
  }
}

describe('a merge arena', () => {
  it('keeps the error bound over many reports, in any order, whatever their scales', () => {
    const arena = createMergeArena(schema);
    const statistics = Array.from({ length: 37 }, (_, n) => statisticOf(n, 10 ** ((n % 13) - 6)));
    for (const order of [statistics, shuffle([...statistics], createRandom(3))]) {
      const accumulator = arena.accumulator();
      order.forEach((statistic, n) => {
        const admitted = arena.admit(statistic);
        accumulator.add(admitted.statistic, id(n));
        admitted.release();
      });
      expectWithinBound(accumulator, statistics);
      accumulator.release();
    }
  });

  it('gives the same whether a report was admitted, came past the arena, or found it full', () => {
    const arena = createMergeArena(schema);
    const [admitted, direct] = [arena.accumulator(), arena.accumulator()];
    const statistics = Array.from({ length: 10 }, (_, n) => statisticOf(n));
    // All slots taken and none given back: the rest find the arena full.
    const held = Array.from({ length: 70 }, () => arena.admit(statistics[0]));
    expect(held.at(-1)?.statistic).toBe(statistics[0]);
    held.slice(0, 4).forEach(({ release }) => release());
    statistics.forEach((statistic, n) => {
      const one = arena.admit(statistic);
      admitted.add(one.statistic, id(n));
      if (n % 2 === 0) one.release();
      direct.add(statistic, id(n));
    });
    for (const { name } of schema.fields) expect(admitted.parts().partials[name]).toEqual(direct.parts().partials[name]);
  });

  it('agrees with the plain accumulator on what is small, on weights and on ids', () => {
    const arena = createMergeArena(schema);
    const ours = arena.accumulator();
    const plain = createAccumulator(schema);
    for (let n = 0; n < 5; n++) {
      ours.add(arena.admit(statisticOf(n)).statistic, id(n));
      plain.add(statisticOf(n), id(n));
    }
    expect(ours.weight).toBe(plain.weight);
    expect(ours.contains).toEqual(plain.contains);
    expect(ours.merged().fields.examples).toEqual(plain.merged().fields.examples);
    expect(ours.merged().fields.largest).toEqual(plain.merged().fields.largest);
    expect(thrownBy(() => ours.add(statisticOf(1), id(1))).code).toBe('overlapping_assignments');
  });

  it('keeps reports apart from what their sender does with the memory afterwards', () => {
    const arena = createMergeArena(schema);
    const statistic = statisticOf(1, 1, 2);
    const { statistic: kept } = arena.admit(statistic);
    const before = statistic.fields.delta.slice();
    statistic.fields.delta.fill(NaN);
    const accumulator = arena.accumulator();
    accumulator.add(kept, id(1));
    expect(accumulator.merged().fields.delta).toEqual(before);
  });

  it('adds what would leave float32 in float64', () => {
    const arena = createMergeArena(schema);
    const accumulator = arena.accumulator();
    const statistics = [statisticOf(1, 1e38, 1e6), statisticOf(2, 1e38, 1e9), statisticOf(3, 1e-38, 1e-9), statisticOf(4)];
    for (const [n, statistic] of statistics.entries()) accumulator.add(arena.admit(statistic).statistic, id(n));
    expect(accumulator.merged().fields.delta.every(Number.isFinite)).toBe(true);
    expectWithinBound(accumulator, statistics);
  });

  it('refuses what the plain check refuses, with the same words, and lends the place anew', () => {
    const strict = { ...schema, maxNorm: 100 };
    const arena = createMergeArena(strict);
    fc.assert(fc.property(fc.integer({ min: 0, max: SIZE - 1 }), fc.constantFrom(NaN, Infinity, -Infinity, 101, 3e38, 2e25), (at, value) => {
      const statistic = statisticOf(1, 0.1);
      statistic.fields.delta[at] = value;
      const expected = thrownBy(() => checkStatistic(strict, statistic));
      const found = thrownBy(() => arena.admit(statistic));
      expect([found.code, found.details]).toEqual([expected.code, expected.details]);
    }), { numRuns: 100, seed: 5 });
    const after = statisticOf(1, 0.1);
    // Still lent places, not the statistic's own memory.
    expect(arena.admit(after).statistic.fields.delta.buffer).not.toBe(after.fields.delta.buffer);
  });

  it('takes a report that is as long as the bound allows, to the last bit', () => {
    for (let seed = 0; seed < 40; seed++) {
      const statistic = statisticOf(seed);
      const norm = Math.sqrt([...statistic.fields.delta, ...statistic.fields.total].reduce((sum, value) => sum + value * value, 0));
      const exactly = { ...schema, maxNorm: norm * (1 + 1e-12) };
      expect(() => createMergeArena(exactly).admit(statistic)).not.toThrow();
    }
  });

  it('gives the verdict of the exact check right at the bound, on either side of it', () => {
    let refused = 0;
    for (let seed = 0; seed < 60; seed++) {
      const statistic = statisticOf(seed);
      const norm = Math.sqrt([...statistic.fields.delta, ...statistic.fields.total].reduce((sum, value) => sum + value * value, 0));
      const bound = { ...schema, maxNorm: norm * (1 + (seed - 30) * 1e-8) };
      const verdict = (check: () => unknown): string => {
        try {
          check();
          return 'taken';
        } catch (thrown) {
          return (thrown as MurmurError).code;
        }
      };
      const expected = verdict(() => checkStatistic(bound, statistic));
      if (expected === 'norm_too_large') refused++;
      expect(verdict(() => createMergeArena(bound).admit(statistic))).toBe(expected);
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('loses what lies below float32 by no more than it says', () => {
    const arena = createMergeArena(schema);
    const accumulator = arena.accumulator();
    const statistics = Array.from({ length: 16 }, (_, n) => statisticOf(n, 1e-41, 0.001 * (n + 1)));
    for (const [n, statistic] of statistics.entries()) accumulator.add(arena.admit(statistic).statistic, id(n));
    const { delta } = accumulator.parts().partials;
    for (let i = 0; i < SIZE; i += 7) {
      const exact = statistics.reduce((sum, { weight, fields }) => sum + weight * fields.delta[i], 0);
      expect(Math.abs(delta[i] - exact)).toBeLessThanOrEqual(2 * 2 ** -147);
    }
  });

  it('merges accumulators that travelled, and goes on adding', () => {
    const layout = asDigest('0'.repeat(64));
    const arena = createMergeArena(schema);
    const statistics = Array.from({ length: 12 }, (_, n) => statisticOf(n));
    const [first, second] = [arena.accumulator(), arena.accumulator()];
    statistics.slice(0, 5).forEach((statistic, n) => first.add(arena.admit(statistic).statistic, id(n)));
    statistics.slice(5, 10).forEach((statistic, n) => second.add(statistic, id(5 + n)));
    first.merge(decodeAccumulator(encodeAccumulator(second, layout), schema).accumulator);
    statistics.slice(10).forEach((statistic, n) => first.add(statistic, id(10 + n)));
    expectWithinBound(first, statistics);
  });

  it('lends memory anew after a release: empty, and never to two', () => {
    const arena = createMergeArena(schema);
    const first = arena.accumulator();
    first.add(statisticOf(1), id(1));
    const second = arena.accumulator();
    first.release();
    first.release();
    const [third, fourth] = [arena.accumulator(), arena.accumulator()];
    expect(third.parts().partials.delta.every((value) => value === 0)).toBe(true);
    third.add(statisticOf(2, 1, 1), id(2));
    expect(third.merged().fields.delta).toEqual(statisticOf(2, 1, 1).fields.delta);
    for (const other of [second, fourth]) expect(other.parts().partials.delta.every((value) => value === 0)).toBe(true);
  });
});
