import { describe, expect, it } from 'vitest';
import { asAssignmentId, asDigest } from '../../shared/ids.ts';
import { encodeFrame } from '../../shared/protocol/frame.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { decodeReport, encodeReport } from '../../shared/statistics/report-frame.ts';
import type { Statistic, StatisticSchema } from '../../shared/statistics/statistic.ts';

const schema: StatisticSchema = {
  fields: [
    { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [2] },
    { name: 'examples', monoid: 'sum', dtype: 'float64', shape: [] },
    { name: 'slowest', monoid: 'max', dtype: 'float64', shape: [] },
    { name: 'fastest', monoid: 'min', dtype: 'float64', shape: [] },
  ],
  maxWeight: 10,
  maxNorm: 8,
};
const id = asAssignmentId;
const layout = asDigest('ab'.repeat(32));
const statistic = (weight: number, delta: [number, number], time: number): Statistic => ({
  weight,
  fields: { delta: Float32Array.from(delta), examples: Float64Array.of(weight), slowest: Float64Array.of(time), fastest: Float64Array.of(time) },
});
const failure = (code: string, message: RegExp): unknown => expect.objectContaining({ code, message: expect.stringMatching(message) as string });

describe('accumulator', () => {
  it('merges each field by its monoid', () => {
    const accumulator = createAccumulator(schema);
    accumulator.add(statistic(1, [4, 0], 7), id('a'));
    accumulator.add(statistic(3, [0, 8], 2), id('b'));
    const { weight, count, fields } = accumulator.merged();
    expect({ weight, count }).toEqual({ weight: 4, count: 2 });
    expect(fields).toEqual({ delta: Float32Array.of(1, 6), examples: Float64Array.of(4), slowest: Float64Array.of(7), fastest: Float64Array.of(2) });
    expect(accumulator.has(id('a'))).toBe(true);
    expect(accumulator.contains).toEqual(['a', 'b']);
  });

  it('counts an assignment once and changes nothing when it comes again', () => {
    const accumulator = createAccumulator(schema);
    accumulator.add(statistic(1, [4, 0], 7), id('a'));
    const before = accumulator.merged();
    const thrown: unknown = expect.objectContaining({ code: 'overlapping_assignments', details: { assignments: ['a'] } });
    expect(() => accumulator.add(statistic(5, [1, 1], 1), id('a'))).toThrow(thrown);
    const other = createAccumulator(schema);
    other.add(statistic(2, [2, 2], 1), id('b'));
    other.add(statistic(1, [4, 0], 7), id('a'));
    expect(() => accumulator.merge(other)).toThrow(thrown);
    expect(() => accumulator.merge(accumulator)).toThrow(thrown);
    expect(accumulator.merged()).toEqual(before);
    expect(accumulator.contains).toEqual(['a']);
  });

  it('changes nothing when a field does not fit, be it the last', () => {
    const accumulator = createAccumulator(schema);
    accumulator.add(statistic(1, [4, 0], 7), id('a'));
    const before = accumulator.merged();
    const wrong = statistic(1, [1, 1], 1);
    expect(() => accumulator.add({ ...wrong, fields: { ...wrong.fields, fastest: new Float64Array(2) } }, id('b'))).toThrow(failure('bad_layout', /fastest/));
    expect(() => accumulator.merge(createAccumulator({ ...schema, fields: schema.fields.slice(0, 3) }))).toThrow(failure('bad_layout', /different tasks/));
    expect(accumulator.merged()).toEqual(before);
    expect(accumulator.has(id('b'))).toBe(false);
  });

  it('has no mean while it is empty', () => {
    expect(() => createAccumulator(schema).merged()).toThrow(failure('bad_weight', /empty/));
  });

  it('returns sums as float64: they outgrow float32', () => {
    const sums = createAccumulator({ fields: [{ name: 's', monoid: 'sum', dtype: 'float32', shape: [1] }], maxWeight: 1, maxNorm: null });
    const large = Math.fround(3e38);
    sums.add({ weight: 1, fields: { s: Float32Array.of(large) } }, id('a'));
    sums.add({ weight: 1, fields: { s: Float32Array.of(large) } }, id('b'));
    expect(sums.merged().fields.s).toEqual(Float64Array.of(2 * large));
  });
});

describe('accumulator frame', () => {
  const filled = () => {
    const accumulator = createAccumulator(schema);
    accumulator.add(statistic(1, [4, 0], 7), id('a'));
    accumulator.add(statistic(3, [0.1, 8], 2), id('b'));
    return accumulator;
  };

  it('keeps every bit, and goes on merging', () => {
    const forwarded = decodeAccumulator(encodeAccumulator(filled(), layout), schema);
    expect(forwarded.layout).toBe(layout);
    expect(forwarded.accumulator.parts()).toEqual(filled().parts());
    forwarded.accumulator.add(statistic(2, [1, 1], 9), id('c'));
    const direct = filled();
    direct.add(statistic(2, [1, 1], 9), id('c'));
    expect(forwarded.accumulator.merged()).toEqual(direct.merged());
  });

  it('carries 10,000 of the longest ids', () => {
    const accumulator = createAccumulator(schema);
    for (let i = 0; i < 10_000; i++) accumulator.add(statistic(1, [1, 1], 1), id(`${i}.${'x'.repeat(128)}`.slice(0, 128)));
    const bytes = encodeAccumulator(accumulator, layout);
    expect(decodeAccumulator(bytes, schema).accumulator.count).toBe(10_000);
    expect(() => decodeAccumulator(bytes, schema, { maxHeaderBytes: 65536 })).toThrow(failure('bad_frame', /header claims/));
  });

  /** What an aggregator that lies could send. */
  const forged = (meta: Record<string, unknown>, partials: Record<string, Float64Array>) =>
    encodeFrame({
      kind: 'accumulator',
      meta: { layout, weight: 4, contains: ['a', 'b'], ...meta },
      tensors: Object.entries({ ...filled().parts().partials, ...partials }).map(([name, values]) => ({ name, dtype: 'float64', shape: [values.length], values })),
    });

  it.each<[string, Record<string, unknown>, Record<string, Float64Array>, string, RegExp]>([
    ['more weight than so many may have', { weight: 20.5 }, {}, 'bad_weight', /2 contributions of at most 10/],
    ['no weight', { weight: 0 }, {}, 'bad_weight', /weight is 0/],
    ['no contributions', { contains: [] }, {}, 'bad_frame', /no assignment/],
    ['an assignment twice', { contains: ['a', 'a'] }, {}, 'bad_frame', /twice/],
    ['an id that is none', { contains: ['a', 'B!'] }, {}, 'bad_frame', /contains\.1/],
    ['NaN in its last value', {}, { delta: Float64Array.of(1, NaN) }, 'not_finite', /delta has NaN at index 1/],
    ['a longer sum than so many could give', {}, { delta: Float64Array.of(0, 32.1) }, 'norm_too_large', /delta has the norm 32\.1/],
    ['another length', {}, { delta: new Float64Array(3) }, 'bad_layout', /delta has 3 values/],
    ['a field too many', {}, { more: new Float64Array(3) }, 'bad_layout', /more/],
  ])('with %s is refused', (_, meta, partials, code, message) => {
    expect(() => decodeAccumulator(forged(meta, partials), schema)).toThrow(failure(code, message));
  });

  it('is not taken for a report, nor a report for it', () => {
    const report = encodeReport({ assignment: id('a'), layout, statistic: statistic(1, [1, 1], 1) });
    expect(() => decodeAccumulator(report, schema)).toThrow(failure('bad_frame', /kind report/));
    expect(() => decodeReport(encodeAccumulator(filled(), layout))).toThrow(failure('bad_frame', /kind accumulator/));
  });
});

describe('report frame', () => {
  it('carries the statistic to the bit', () => {
    const report = { assignment: id('demo.1.x'), layout, statistic: statistic(0.1, [NaN, -0], 1e-310) };
    expect(decodeReport(encodeReport(report))).toEqual(report);
  });

  it('leaves weights to their own check where JSON can say them', () => {
    const tensors = [{ name: 'delta', dtype: 'int8' as const, shape: [1], values: new Int8Array(1) }];
    expect(() => encodeReport({ assignment: id('a'), layout, statistic: statistic(NaN, [1, 1], 1) })).toThrow(failure('bad_weight', /NaN/));
    expect(() => decodeReport(encodeFrame({ kind: 'report', meta: { assignment: 'a', layout, weight: '1' }, tensors: [] }))).toThrow(failure('bad_frame', /weight/));
    expect(() => decodeReport(encodeFrame({ kind: 'report', meta: { assignment: 'a', layout, weight: 1 }, tensors }))).toThrow(failure('bad_frame', /int8/));
    expect(() => decodeReport(encodeFrame({ kind: 'report', meta: { assignment: '../a', layout, weight: 1 }, tensors: [] }))).toThrow(failure('bad_frame', /assignment/));
  });
});
