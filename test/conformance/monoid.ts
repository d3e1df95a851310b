/** What every monoid must satisfy: exported, so that a new one is tried by one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MonoidOperations } from '../../shared/statistics/monoids/monoid.ts';
import type { FieldValues } from '../../shared/statistics/statistic.ts';

// Quarters up to 2^20 with whole weights: float64 holds every sum and product of them exactly, so the laws must hold to the bit.
const value = fc.integer({ min: -(2 ** 22), max: 2 ** 22 }).map((quarters) => quarters / 4);
const DRAWN = 13;
const SIZE = 1024 + DRAWN; // a whole block and a rest, a multiple of no unrolling
const RUNS = { numRuns: 30 }; // a law that breaks, breaks in most of them
const report = fc.record({
  weight: fc.integer({ min: 1, max: 1000 }),
  wide: fc.boolean(),
  numbers: fc.array(value, { minLength: DRAWN, maxLength: DRAWN }),
});
type Drawn = { weight: number; wide: boolean; numbers: number[] };
/** The numbers drawn, over and over, but for each place another value. */
const elementAt = ({ numbers }: Drawn, i: number): number => numbers[i % DRAWN] + (i % 7) * i;
const valuesOf = (drawn: Drawn): FieldValues => {
  const values = drawn.wide ? new Float64Array(SIZE) : new Float32Array(SIZE);
  for (let i = 0; i < SIZE; i++) values[i] = elementAt(drawn, i);
  return values;
};

/** @param expected what the contributions come to, element by element, worked out from the definition. */
export function monoidConformance(monoid: MonoidOperations, expected: (contributions: readonly { weight: number; value: number }[]) => number): void {
  const fill = (reports: readonly Drawn[]): Float64Array => {
    const partial = monoid.create(SIZE);
    for (const drawn of reports) monoid.add(partial, valuesOf(drawn), drawn.weight);
    return partial;
  };
  const merge = (...partials: readonly Float64Array[]): Float64Array => {
    const result = partials[0].slice();
    for (const other of partials.slice(1)) monoid.merge(result, other);
    return result;
  };
  const some = fc.array(report, { maxLength: 5 });

  describe(`monoid ${monoid.name}`, () => {
    it('comes to what its definition says', () => {
      fc.assert(
        fc.property(fc.array(report, { minLength: 1, maxLength: 8 }), (reports) => {
          const weight = reports.reduce((total, drawn) => total + drawn.weight, 0);
          const finished = monoid.finish(fill(reports), weight, 'float64');
          expect(finished).toEqual(Float64Array.from({ length: SIZE }, (_, i) => expected(reports.map((drawn) => ({ weight: drawn.weight, value: elementAt(drawn, i) }))) + 0));
        }),
        RUNS,
      );
    });

    it('is associative', () => {
      fc.assert(fc.property(some, some, some, (a, b, c) => {
        const [x, y, z] = [fill(a), fill(b), fill(c)];
        expect(merge(merge(x, y), z)).toEqual(merge(x, merge(y, z)));
      }), RUNS);
    });

    it('is commutative', () => {
      fc.assert(fc.property(some, some, (a, b) => {
        const [x, y] = [fill(a), fill(b)];
        expect(merge(x, y)).toEqual(merge(y, x));
      }), RUNS);
    });

    it('has an identity', () => {
      fc.assert(fc.property(some, (a) => {
        const x = fill(a);
        expect(merge(x, monoid.create(SIZE))).toEqual(x);
        expect(merge(monoid.create(SIZE), x)).toEqual(x);
      }), RUNS);
    });

    it('merges what adding one by one gives', () => {
      fc.assert(fc.property(some, some, (a, b) => {
        expect(merge(fill(a), fill(b))).toEqual(fill([...a, ...b]));
      }), RUNS);
    });

    it('keeps nothing of a report and hands out fresh memory', () => {
      const values = Float32Array.from({ length: SIZE }, (_, i) => i - 6);
      const partial = monoid.create(SIZE);
      monoid.add(partial, values, 2);
      const before = partial.slice();
      values.fill(99);
      expect(partial).toEqual(before);
      const finished = monoid.finish(partial, 2, 'float64');
      finished.fill(77);
      expect(partial).toEqual(before);
    });
  });
}

/**
 * The same laws for a monoid whose values belong together (a count with a mean): its reports are drawn by the caller,
 * and the laws hold up to rounding.
 * @param reports values that `check` takes, all of one size
 * @param near asserts that two partial results say the same
 */
export function structuredMonoidConformance(monoid: MonoidOperations, size: number, reports: fc.Arbitrary<FieldValues>, near: (found: Float64Array, expected: Float64Array) => void): void {
  const fill = (list: readonly FieldValues[]): Float64Array => {
    const partial = monoid.create(size);
    for (const values of list) monoid.add(partial, values, 1);
    return partial;
  };
  const merge = (...partials: readonly Float64Array[]): Float64Array => {
    const result = partials[0].slice();
    for (const other of partials.slice(1)) monoid.merge(result, other);
    return result;
  };
  const some = fc.array(reports, { maxLength: 5 });

  describe(`monoid ${monoid.name}`, () => {
    it('is associative and commutative', () => {
      fc.assert(fc.property(some, some, some, (a, b, c) => {
        const [x, y, z] = [fill(a), fill(b), fill(c)];
        near(merge(merge(x, y), z), merge(x, merge(y, z)));
        expect(merge(x, y)).toEqual(merge(y, x));
      }));
    });

    it('has an identity, to the bit', () => {
      fc.assert(fc.property(some, (a) => {
        const x = fill(a);
        expect(merge(x, monoid.create(size))).toEqual(x);
        expect(merge(monoid.create(size), x)).toEqual(x);
      }));
    });

    it('takes what its own merges give', () => {
      fc.assert(fc.property(some, some, (a, b) => {
        expect(monoid.check?.(merge(fill(a), fill(b))) ?? null).toBe(null);
      }));
    });

    it('keeps nothing of a report and hands out fresh memory', () => {
      fc.assert(fc.property(reports, (values) => {
        const partial = fill([values]);
        const before = partial.slice();
        values.fill(99);
        monoid.finish(partial, 1, 'float64').fill(77);
        expect(partial).toEqual(before);
      }));
    });
  });
}
