/** Settings that name another task are numbers when the task is created, or the task is refused. */
import { describe, expect, it } from 'vitest';
import type { StatisticsResult } from '../../shared/algorithms/statistics/result.ts';
import { MurmurError } from '../../shared/errors.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { resolveReferences, type FindResult } from '../../shared/task/references.ts';
import { thrownBy } from '../helpers/thrown.ts';

const moments = (mean: number, deviation: number) => ({ count: 9, sum: 9 * mean, mean, variance: deviation ** 2, deviation });
const RESULT: StatisticsResult = {
  kind: 'statistics', edges: 3, leastEdges: 3, rows: 9, covariance: null,
  columns: [
    { column: 'age', type: 'numeric', edges: 3, count: 9, missing: 0, measures: { moments: moments(40, 10), quantiles: { values: [{ at: 0.25, value: 30 }, { at: 0.75, value: 50 }], error: 0.01, beyond: 0 } } },
    { column: 'income', type: 'numeric', edges: 3, count: 9, missing: 0, measures: { moments: moments(1000, 500) } },
    { column: 'unit', type: 'numeric', edges: 3, count: 9, missing: 0, measures: { moments: moments(1, 0) } },
    { column: 'rare', type: 'numeric', withheld: { code: 'too_few_edges', message: 'fewer than 3 edges have it' } },
  ],
};
const findResult: FindResult = (task) =>
  task === 'people' ? Promise.resolve({ version: 4, result: RESULT }) : Promise.reject(new MurmurError('not_found', `no task is named ${task}`));

const training = (data: Record<string, unknown>): Record<string, unknown> => ({
  name: 'model',
  model: { topology: { class_name: 'Sequential', config: {} }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'age' }, { type: 'categorical', column: 'city', values: ['a', 'b'] }], label: { type: 'numeric', column: 'income' }, ...data },
  algorithm: { name: 'fedavg', epochs: 1, batchSize: 1, learningRate: 1 },
  round: { goal: 1 },
});
const from = { task: 'people', version: 4 };

describe('standardise from another task', () => {
  it('puts the numbers of a column in place, of a feature and of the label', async () => {
    const input = training({ features: [{ type: 'numeric', column: 'age', standardise: { fromTask: 'people' } }], label: { type: 'numeric', column: 'income', standardise: { fromTask: 'people' } } });
    const { data } = parseTaskSpec(await resolveReferences(input, findResult));
    expect(data).toMatchObject({ features: [{ column: 'age', standardise: { mean: 40, deviation: 10, from } }], label: { standardise: { mean: 1000, deviation: 500, from } } });
  });

  it('serves every numeric feature at once, but those that have numbers of their own', async () => {
    const features = [{ type: 'numeric', column: 'age' }, { type: 'numeric', column: 'income', standardise: { mean: 1, deviation: 2 } }, { type: 'categorical', column: 'city', values: ['a', 'b'] }];
    const { data } = parseTaskSpec(await resolveReferences(training({ standardise: { fromTask: 'people' }, features, label: { type: 'numeric', column: 'y' } }), findResult));
    expect(data).toMatchObject({ features: [{ standardise: { mean: 40, deviation: 10 } }, { standardise: { mean: 1, deviation: 2 } }, {}], label: { column: 'y' } });
    expect(data).not.toHaveProperty('standardise');
    expect((data as { features: object[] }).features[2]).not.toHaveProperty('standardise');
  });

  it.each<[string, unknown, RegExp]>([
    ['a task that is not there', { column: 'age', standardise: { fromTask: 'nobody' } }, /data\.features\.0\.standardise: no task is named nobody/],
    ['a column that it lacks', { column: 'height', standardise: { fromTask: 'people' } }, /says nothing of a column "height"; it has: age, income, unit, rare/],
    ['a column that it withholds', { column: 'rare', standardise: { fromTask: 'people' } }, /withholds the column "rare": fewer than 3 edges/],
    ['a column of one value', { column: 'unit', standardise: { fromTask: 'people' } }, /the same value everywhere/],
  ])('is refused for %s', async (_, feature, message) => {
    const error = await thrownBy(() => resolveReferences(training({ features: [{ type: 'numeric', ...(feature as object) }] }), findResult));
    expect([error.code, error.message]).toEqual(['bad_task_spec', expect.stringMatching(message)]);
  });

  it('is refused for what is no table, with what there is instead', async () => {
    const image = { kind: 'image', height: 28, width: 28, channels: 1, classes: ['0', '1'], features: undefined, label: undefined, standardise: { fromTask: 'people' } };
    const error = await thrownBy(() => resolveReferences(training(image), findResult));
    expect([error.code, error.message]).toEqual(['bad_task_spec', expect.stringMatching(/data\.standardise: only the columns of a table are standardised; images have data\.scale/)]);
  });

  it('says once what is wrong with the setting that stands for all features', async () => {
    const error = await thrownBy(() => resolveReferences(training({ standardise: { fromTask: 'nobody' }, features: [{ type: 'numeric', column: 'age' }, { type: 'numeric', column: 'income' }] }), findResult));
    expect(error.message).toMatch(/^the task is refused: data\.standardise: no task is named nobody/);
    expect(error.details).toHaveLength(1);
  });

  it('leaves what is no reference to the schema', async () => {
    for (const input of [null, 7, 'text', {}, { data: null }, { data: { kind: 'table', features: 3 } }, training({}), { algorithm: { columns: [null] } }]) expect(await resolveReferences(input, findResult)).toEqual(input);
    const error = await thrownBy(async () => parseTaskSpec(await resolveReferences(training({ standardise: 5 }), findResult)));
    expect(error.message).toMatch(/data\.standardise: there is no such setting/);
  });
});

describe('fences from another task', () => {
  const statistics = (outliers: unknown) => ({
    name: 'again', data: { kind: 'columns', columns: [{ type: 'numeric', column: 'age' }, { type: 'numeric', column: 'income' }] }, algorithm: { name: 'statistics', k: 1, columns: [{ column: 'age', outliers }] }, round: { goal: 1 },
  });

  it('lie one and a half interquartile ranges beyond the quartiles, or as many as are asked for', async () => {
    expect(parseTaskSpec(await resolveReferences(statistics({ fromTask: 'people' }), findResult)).algorithm).toMatchObject({ columns: [{ outliers: { below: 0, above: 80 } }] });
    expect(parseTaskSpec(await resolveReferences(statistics({ fromTask: 'people', times: 3 }), findResult)).algorithm).toMatchObject({ columns: [{ outliers: { below: -30, above: 110 } }] });
  });

  it('are refused where there are no quartiles', async () => {
    const spec = statistics({ fromTask: 'people' });
    const error = await thrownBy(() => resolveReferences({ ...spec, algorithm: { ...spec.algorithm, columns: [{ column: 'income', outliers: { fromTask: 'people' } }] } }, findResult));
    expect(error.message).toMatch(/algorithm\.columns\.0\.outliers: task people has no quartiles of the column "income"/);
  });
});
