import { describe, expect, it } from 'vitest';
import { checkStatistic } from '../../shared/statistics/check.ts';
import type { FieldValues, StatisticSchema } from '../../shared/statistics/statistic.ts';

const schema: StatisticSchema = {
  fields: [
    { name: 'delta', monoid: 'weighted-mean', dtype: 'float32', shape: [2, 3] },
    { name: 'loss', monoid: 'weighted-mean', dtype: 'float64', shape: [] },
    { name: 'peak', monoid: 'max', dtype: 'float64', shape: [2] },
  ],
  maxWeight: 100,
  maxNorm: 5,
};
const fields = (change: Record<string, FieldValues> = {}): Record<string, FieldValues> => ({
  delta: Float32Array.of(3, 0, 0, 0, 0, -4),
  loss: Float64Array.of(1e6),
  peak: Float64Array.of(1e6, -1e200),
  ...change,
});
const failure = (code: string, message: RegExp): unknown => expect.objectContaining({ code, message: expect.stringMatching(message) as string });

describe('checkStatistic', () => {
  it('takes a norm that is just the bound; scalars and fields that are not linear are not in it', () => {
    expect(() => checkStatistic(schema, { weight: 100, fields: fields() })).not.toThrow();
    expect(() => checkStatistic(schema, { weight: 5e-324, fields: fields() })).not.toThrow();
  });

  it('refuses a norm above the bound', () => {
    const delta = Float32Array.of(3, 0, 0, 0.01, 0, -4);
    expect(() => checkStatistic(schema, { weight: 1, fields: fields({ delta }) })).toThrow(failure('norm_too_large', /at most 5/));
    expect(() => checkStatistic({ ...schema, maxNorm: null }, { weight: 1, fields: fields({ delta }) })).not.toThrow();
  });

  it.each([0, -0, -1, NaN, Infinity, -Infinity, 100.0001])('refuses the weight %d', (weight) => {
    expect(() => checkStatistic(schema, { weight, fields: fields() })).toThrow(failure('bad_weight', /above 0 and up to 100/));
  });

  it('refuses an infinite weight even where the bound is infinite', () => {
    expect(() => checkStatistic({ ...schema, maxWeight: Infinity }, { weight: Infinity, fields: fields() })).toThrow(failure('bad_weight', /Infinity/));
  });

  // Every index, so that no lane of an unrolled loop and no rest behind it escapes.
  it.each([0, 1, 2, 3, 4, 5])('names the field and the index %i of what is not finite', (index) => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const delta = new Float32Array(6);
      delta[index] = value;
      const thrown: unknown = expect.objectContaining({ code: 'not_finite', message: `field delta has ${value} at index ${index}`, details: { field: 'delta', index } });
      expect(() => checkStatistic(schema, { weight: 1, fields: fields({ delta }) })).toThrow(thrown);
    }
  });

  it('reads a long vector to its last value', () => {
    const size = 2 * 1024 + 7;
    for (const dtype of ['float32', 'float64'] as const) {
      const long: StatisticSchema = { fields: [{ name: 'long', monoid: 'sum', dtype, shape: [size] }], maxWeight: 1, maxNorm: Math.sqrt(4 * size) };
      const filled = (): FieldValues => (dtype === 'float32' ? new Float32Array(size) : new Float64Array(size)).fill(-2);
      expect(() => checkStatistic(long, { weight: 1, fields: { long: filled() } })).not.toThrow();
      for (let index = 0; index < size; index++) {
        const values = filled();
        values[index] = -2.5;
        expect(() => checkStatistic(long, { weight: 1, fields: { long: values } }), `${dtype} ${index}`).toThrow(failure('norm_too_large', /at most/));
        values[index] = NaN;
        expect(() => checkStatistic(long, { weight: 1, fields: { long: values } }), `${dtype} ${index}`).toThrow(failure('not_finite', new RegExp(`index ${index}$`)));
      }
    }
  });

  it('asks that fields which only keep extremes are finite, too', () => {
    expect(() => checkStatistic(schema, { weight: 1, fields: fields({ peak: Float64Array.of(0, NaN) }) })).toThrow(failure('not_finite', /peak has NaN at index 1/));
  });

  it('refuses finite values whose sum could overflow', () => {
    expect(() => checkStatistic({ ...schema, maxNorm: null }, { weight: 1, fields: fields({ loss: Float64Array.of(1.7e308) }) })).toThrow(failure('norm_too_large', /loss.*overflow/));
  });

  it.each<[string, Record<string, FieldValues>, RegExp]>([
    ['a missing field', { delta: new Float32Array(6), loss: new Float64Array(1) }, /peak is missing/],
    ['a field too many', fields({ more: new Float64Array(1) }), /more is not one of this task's \(delta, loss, peak\)/],
    ['another dtype', fields({ delta: new Float64Array(6) }), /delta is not float32/],
    ['too few values', fields({ delta: new Float32Array(5) }), /delta has 5 values.*\[2, 3\] asks for 6/],
    ['a name that objects inherit', { ...fields(), constructor: new Float64Array(1) }, /constructor is not one/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => checkStatistic(schema, { weight: 1, fields: wrong })).toThrow(failure('bad_layout', message));
  });
});
