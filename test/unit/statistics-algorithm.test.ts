/** The algorithm `statistics`: every measure at once, however the rows are dealt out to edges, says what all rows together say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvColumns } from '../../client/datasets/columns.ts';
import { MEASURES } from '../../shared/algorithms/statistics/measures/registry.ts';
import type { ColumnResult, StatisticsResult } from '../../shared/algorithms/statistics/result.ts';
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import { initialWithoutModel, noTrainer } from '../../shared/algorithms/model-free.ts';
import { createRandom } from '../../shared/random.ts';
import { asAssignmentId } from '../../shared/ids.ts';
import { createAccumulator } from '../../shared/statistics/accumulator.ts';
import { decodeAccumulator, encodeAccumulator } from '../../shared/statistics/accumulator-frame.ts';
import { decodeReport, encodeReport } from '../../shared/statistics/report-frame.ts';
import { checkStatistic } from '../../shared/statistics/check.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import type { TaskSpecInput } from '../../shared/task/task-spec.ts';
import { mergeEdges } from '../helpers/merge-edges.ts';
import { thrownBy } from '../helpers/thrown.ts';

const SPEC: TaskSpecInput = {
  name: 'everything',
  data: { kind: 'columns', columns: [{ type: 'numeric', column: 'x' }, { type: 'categorical', column: 'kind', values: ['a', 'b'] }, { type: 'categorical', column: 'town' }] },
  algorithm: {
    name: 'statistics',
    k: 1,
    columns: [
      { column: 'x', moments: true, range: true, each: true, histogram: { from: -10, to: 10, bins: 4 }, quantiles: { at: [0, 0.5, 1] }, outliers: { below: -8, above: 8 }, distinct: {} },
      { column: 'kind', values: true, distinct: {} },
      { column: 'town', frequent: { items: 3, width: 256, spelling: 32 }, distinct: { precision: 8 } },
    ],
    covariance: ['x'],
  },
  round: { goal: 3, minimum: 1 },
};

type Row = readonly [x: number | null, kind: string, town: string];
const table = (rows: readonly Row[]) => {
  const { data } = parseTaskSpec(SPEC);
  const text = `x,kind,town\n${rows.map(([x, kind, town]) => `${x ?? 'NA'},${kind},${town}`).join('\n')}\n`;
  return { columns: () => Promise.resolve(csvColumns('rows.csv', text, data)), examples: () => Promise.reject(new Error('not asked')) };
};

const row: fc.Arbitrary<Row> = fc.tuple(fc.option(fc.integer({ min: -12, max: 12 }), { nil: null }), fc.constantFrom('a', 'b', 'c', ''), fc.constantFrom('Rome', 'Oslo', 'Lima', 'Nuuk', '?'));

/** To nine digits behind the point, since the values are small and rounding may differ; what is whole as it is. */
const rounded = (result: StatisticsResult, edges: boolean): unknown =>
  JSON.parse(JSON.stringify(result, (key, value: unknown) => (typeof value === 'number' && !Number.isInteger(value) ? Math.round(1e9 * value) / 1e9 + 0 : !edges && key === 'edges' && typeof value === 'number' ? undefined : value)));

describe('the algorithm statistics', () => {
  it('asks for every measure here', () => {
    const { columns } = SPEC.algorithm as unknown as { columns: Record<string, unknown>[] };
    expect(new Set(columns.flatMap((column) => Object.keys(column)))).toEqual(new Set(['column', ...Object.keys(MEASURES)]));
  });

  it('says the same of rows in one place, of rows dealt out, and by way of aggregators', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(row, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }), async (parts) => {
        const made = await Promise.all([mergeEdges(SPEC, [table(parts.flat())]), mergeEdges(SPEC, parts.map(table)), mergeEdges(SPEC, parts.map(table), 1, { tree: true })]);
        const [together, apart, byTree] = made.map(({ result }) => rounded(result as StatisticsResult, false));
        expect(apart).toEqual(together);
        expect(byTree).toEqual(together);
      }),
      { numRuns: 25 },
    );
  });

  it('says what a look at the rows says', async () => {
    const parts: Row[][] = [[[1, 'a', 'Rome'], [-9, 'b', 'Rome'], [null, 'c', 'Oslo']], [[5, 'a', 'Rome'], [9, '', '?']]];
    const { result } = await mergeEdges(SPEC, parts.map(table));
    const [x, kind, town] = (result as StatisticsResult).columns as [ColumnResult, ColumnResult, ColumnResult];
    expect(x).toMatchObject({
      edges: 2, count: 4, missing: 1,
      measures: {
        moments: { count: 4, sum: 6, mean: 1.5, variance: expect.closeTo((1 + 81 + 25 + 81) / 4 - 2.25, 12) as number },
        range: { minimum: -9, maximum: 9 },
        histogram: { edges: [-10, -5, 0, 5, 10], counts: [1, 0, 1, 2], below: 0, above: 0 },
        outliers: { below: 1, above: 1 },
        each: { means: [1.5] },
      },
    });
    const quantiles = x.measures?.quantiles?.values.map(({ value }) => value ?? NaN) ?? [];
    [-9, 1, 9].forEach((exact, i) => expect(Math.abs(quantiles[i] / exact - 1)).toBeLessThanOrEqual(0.0100001));
    expect(Math.round(x.measures?.distinct?.estimate ?? NaN)).toBe(4);
    expect(kind).toMatchObject({ count: 4, missing: 1, measures: { values: { values: [{ value: 'a', count: 2 }, { value: 'b', count: 1 }], other: 1 } } });
    expect(town).toMatchObject({ count: 4, missing: 1, measures: { frequent: { items: [{ value: 'Rome', count: 3, edges: 2 }, { value: 'Oslo', count: 1, edges: 1 }] } } });
    expect((result as StatisticsResult).covariance).toMatchObject({ columns: ['x'], rows: 4, means: [1.5] });
  });

  it('tells no town that fewer than k edges hold', async () => {
    const task = { ...SPEC, algorithm: { ...SPEC.algorithm, k: 2 }, round: { goal: 3, minimum: 2 } };
    const { result } = await mergeEdges(task, [table([[1, 'a', 'Rome'], [2, 'a', 'Village of one']]), table([[3, 'a', 'Rome']])]);
    expect((result as StatisticsResult).columns[2].measures?.frequent?.items).toEqual([{ value: 'Rome', count: 2, edges: 2 }]);
    expect(JSON.stringify(result)).not.toContain('Village');
  });

  it('says nothing of a column in which fewer than k edges have a value, though all have the column', async () => {
    const task = { ...SPEC, algorithm: { ...SPEC.algorithm, k: 2 }, round: { goal: 3, minimum: 2 } };
    const { result, state } = await mergeEdges(task, [table([[7.25, 'a', 'Rome'], [3.5, 'a', 'Rome']]), table([[null, 'b', 'Rome']]), table([[null, 'b', 'Oslo']])]);
    const [x, kind] = (result as StatisticsResult).columns;
    expect(x).toEqual({ column: 'x', type: 'numeric', withheld: { code: 'too_few_edges', message: expect.stringContaining('fewer than 2 edges have a value in the column "x"') as string } });
    expect((result as StatisticsResult).covariance).toMatchObject({ withheld: { code: 'too_few_edges' } });
    expect(kind).toMatchObject({ edges: 3, count: 4 });
    // Neither its mean nor its deviation, on the way to nobody.
    for (const values of [state.parameters.subarray(0, 5), ...Object.entries(state.wide ?? {}).flatMap(([name, wide]) => (name.startsWith('0 ') || name === 'covariance' ? [wide] : []))]) expect([...values].every((value) => value === 0)).toBe(true);
  });

  it('says of a column in which nobody has a value that all of it is missing', async () => {
    const task = { ...SPEC, algorithm: { ...SPEC.algorithm, k: 2 }, round: { goal: 3, minimum: 2 } };
    const { result } = await mergeEdges(task, [table([[null, 'a', 'Rome']]), table([[null, 'b', 'Rome']])]);
    expect((result as StatisticsResult).columns[0]).toMatchObject({ edges: 2, count: 0, missing: 2, measures: { moments: { mean: null }, range: { minimum: null } } });
  });

  it('keeps no sketch by which a town of fewer than k edges could be spelled or looked up', async () => {
    const task = { ...SPEC, algorithm: { ...SPEC.algorithm, k: 2 }, round: { goal: 3, minimum: 2 } };
    const { state } = await mergeEdges(task, [table([[1, 'a', 'Rome'], [2, 'a', 'Hermitage']]), table([[3, 'a', 'Rome']])]);
    const kept = Object.entries(state.wide ?? {}).filter(([name]) => name.startsWith('2 town/frequent'));
    // One item: its count, its edges, the length and the bytes of "Rome" in the room of sixteen and three.
    expect(kept.map(([name, values]) => [name, [...values].slice(0, 7)])).toEqual([['2 town/frequent disguised', [0]], ['2 town/frequent items', [2, 2, 4, 82, 111, 109, 101]]]);
    expect(kept[1][1]).toHaveLength(3 + 19);
  });

  it('stores of every sketch what it tells, and nothing that could be asked for more', async () => {
    const { state } = await mergeEdges(SPEC, [table([[1, 'a', 'Rome'], [-9, 'b', 'Oslo']]), table([[5, 'a', 'Rome'], [9, 'b', 'Rome']])]);
    const sizes = Object.fromEntries(Object.entries(state.wide ?? {}).map(([name, values]) => [name, values.length]));
    // Three quantiles, each with whether there is one, and how many are beyond; one estimate; two towns.
    expect(sizes).toMatchObject({ '0 x/quantiles': 7, '0 x/distinct': 1, '1 kind/distinct': 1, '2 town/frequent items': 2 * (3 + 19), '0 x/histogram': 6, '0 x/moments': 3 });
  });

  it.each<[string, string, (values: Float64Array) => void]>([
    ['fewer values than none', '0 x/histogram', (values) => (values[1] = -1)],
    ['a longer run of zeros than a hash has bits', '0 x/distinct', (values) => (values[7] = 54)],
    ['more edges than it contains', 'column edges', (values) => (values[1] = 3)],
    ['fewer examples than edges', 'examples', (values) => (values[0] = 1)],
  ])('is refused of an aggregator, too, where it tells of %s', async (_, name, break_) => {
    const spec = parseTaskSpec(SPEC);
    const { layout, values } = initialWithoutModel(spec);
    const schema = statisticSchemaFor(spec, layout);
    const branch = createAccumulator(schema);
    for (const edge of [1, 2]) {
      const { statistic } = await findAlgorithm('statistics').edge({
        config: configOf(spec.algorithm), base: values, broadcast: {}, state: null, trainer: noTrainer(layout), data: { ...table([[edge, 'a', 'Rome']]), contract: spec.data }, random: createRandom(1), signal: new AbortController().signal,
      });
      branch.add(statistic, asAssignmentId(`everything.1.${edge}`));
    }
    expect(decodeAccumulator(encodeAccumulator(branch, layout.digest), schema).accumulator.count).toBe(2);
    break_(branch.parts().partials[name]);
    expect(() => decodeAccumulator(encodeAccumulator(branch, layout.digest), schema)).toThrow(expect.objectContaining({ code: 'out_of_range' }));
  });

  it('has fields that fit the wire, and refuses what does not', async () => {
    const spec = parseTaskSpec(SPEC);
    const { fields } = statisticSchemaFor(spec, initialWithoutModel(spec).layout);
    expect(new Set(fields.map(({ name }) => name)).size).toBe(fields.length);
    const columns = Array.from({ length: 256 }, (_, i) => ({ type: 'numeric' as const, column: `a column with a rather long name, number ${i}` }));
    const many = { ...SPEC, data: { kind: 'columns' as const, columns }, algorithm: { name: 'statistics', k: 1, columns: columns.map(({ column }) => ({ column, moments: true, range: true })) } };
    expect((await thrownBy(() => parseTaskSpec(many))).message).toMatch(/algorithm\.columns: they ask for more numbers than one report can name/);
  });

  it('has a header that fits, whatever columns are called', async () => {
    // Three bytes a character, six where JSON escapes it: as many columns as are taken must fit, and one more is refused.
    const taskOf = (count: number): TaskSpecInput => {
      const names = Array.from({ length: count }, (_, i) => `${'列\u0001'.repeat(60)}${i}`);
      return { ...SPEC, data: { kind: 'columns', columns: names.map((column) => ({ type: 'numeric' as const, column })) }, algorithm: { name: 'statistics', k: 1, columns: names.map((column) => ({ column, moments: true })) } };
    };
    const fits = (count: number): boolean => {
      try {
        parseTaskSpec(taskOf(count));
        return true;
      } catch {
        return false;
      }
    };
    const most = Array.from({ length: 256 }, (_, i) => i + 1).filter(fits).length;
    expect(most).toBeGreaterThan(20);
    expect(most).toBeLessThan(256);
    const spec = parseTaskSpec(taskOf(most));
    const { layout } = initialWithoutModel(spec);
    const fields = Object.fromEntries(statisticSchemaFor(spec, layout).fields.map(({ name, shape }) => [name, new Float64Array(shape.reduce((a, b) => a * b, 1))]));
    const report = encodeReport({ assignment: asAssignmentId(`${'a'.repeat(64)}.4294967295.4294967295`), layout: layout.digest, statistic: { weight: 1, fields } });
    expect(Object.keys(decodeReport(report).statistic.fields)).toHaveLength(2 + 2 * most);
  });

  it('tells the owner of a file of a number that is none, and what to do', async () => {
    const error = await mergeEdges(SPEC, [table([[1, 'a', 'Rome'], [1e300, 'a', 'Rome']])]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bad_dataset', message: 'column "x", row 2: found 1e+300, expected a number whose square float64 can hold; where it stands for a missing value, leave the field empty' });
  });

  it.each<[string, string, (values: Float32Array | Float64Array) => void, string]>([
    ['half an edge', 'column edges', (values) => (values[0] = 0.5), 'out_of_range'],
    ['an edge that counts as enough of them', 'column edges', (values) => (values[1] = 3), 'out_of_range'],
    ['many edges whose rows are whole', 'covariance edges', (values) => (values[0] = 3), 'out_of_range'],
    ['fewer values than none', '0 x/histogram', (values) => (values[1] = -1), 'out_of_range'],
    ['squares below zero', '0 x/moments', (values) => values.set([2, 1, -1]), 'out_of_range'],
    ['a mean of no values', '0 x/each', (values) => values.set([0, 1, 0]), 'out_of_range'],
    ['a longer run of zeros than a hash has bits', '0 x/distinct', (values) => (values[7] = 54), 'out_of_range'],
    ['one edge that counts as two', '2 town/frequent edges', (values) => (values[3] = 2), 'out_of_range'],
    ['products beyond what squares allow', 'covariance', (values) => values.set([2, 0, -1]), 'out_of_range'],
    ['a minimum that is none', '0 x/range', (values) => (values[0] = NaN), 'not_finite'],
    ['no example', 'examples', (values) => (values[0] = 0), 'out_of_range'],
  ])('is refused on arrival where it tells of %s', async (_, name, break_, code) => {
    const spec = parseTaskSpec(SPEC);
    const { layout, values } = initialWithoutModel(spec);
    const schema = statisticSchemaFor(spec, layout);
    const config = configOf(spec.algorithm);
    const { statistic } = await findAlgorithm('statistics').edge({
      config, base: values, broadcast: {}, state: null, trainer: noTrainer(layout), data: { ...table([[1, 'a', 'Rome'], [4, 'b', 'Oslo']]), contract: spec.data }, random: createRandom(1), signal: new AbortController().signal,
    });
    expect(() => checkStatistic(schema, statistic)).not.toThrow();
    break_(statistic.fields[name]);
    expect(() => checkStatistic(schema, statistic)).toThrow(expect.objectContaining({ code }));
  });

  it('does not keep what it withholds', () => {
    const spec = parseTaskSpec({ ...SPEC, algorithm: { ...SPEC.algorithm, k: 2 }, round: { goal: 3, minimum: 2 } });
    const algorithm = findAlgorithm('statistics');
    const config = configOf(spec.algorithm);
    const { layout, values } = initialWithoutModel(spec);
    const fields = Object.fromEntries(statisticSchemaFor(spec, layout).fields.map(({ name, shape }) => [name, new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(1)]));
    const next = algorithm.update(algorithm.init(values, config), { weight: 2, count: 2, fields }, config);
    // Which columns are withheld, and no number.
    expect(next.wide).toEqual({ 'column edges': new Float64Array(6) });
    expect([...next.parameters]).toEqual(new Array(next.parameters.length).fill(0));
  });
});

describe('what cannot work', () => {
  const columns = SPEC.data;
  const image = { kind: 'image' as const, height: 4096, width: 4096, channels: 3 as const, classes: ['cat', 'dog'] };
  const text = { kind: 'text' as const, column: 'review', labelColumn: 'stars', classes: ['1', '5'], length: 100, vocabulary: ['good', 'bad'] };
  const x = (measures: object): Partial<TaskSpecInput> => ({ algorithm: { name: 'statistics', k: 1, columns: [{ column: 'x', ...measures }] } });
  it.each<[string, Partial<TaskSpecInput>, string, RegExp]>([
    // A report of a billion numbers took the coordinator's memory before anybody had looked at it.
    ['components of images that no report can hold', { data: image, algorithm: { name: 'pca', k: 1, components: 10 } }, 'algorithm', /1006632961 numbers, and 8388608 are taken; ask for less/],
    ['each pixel of such', { data: image, algorithm: { name: 'statistics', k: 1, columns: [{ column: 'pixels', each: true }] } }, 'algorithm', /numbers/],
    ['bins that float64 cannot tell apart', x({ histogram: { from: 1, to: 1 + 2 ** -51, bins: 8 } }), 'algorithm.columns.0.histogram.bins', /take fewer/],
    ['patience', { stop: { patience: { metric: 'loss', rounds: 3 } } }, 'stop.patience', /set stop\.rounds/],
    ['a bound on the norm', { limits: { maxNorm: 1 } }, 'limits.maxNorm', /checked by ranges/],
    ['a selection by loss', { selection: { sampler: { name: 'oort' } } }, 'selection', /use the sampler uniform/],
    ['clusters of words', { data: text, algorithm: { name: 'kmeans', k: 1, clusters: 2 } }, 'data.kind', /use the algorithm statistics/],
  ])('%s is refused, with a reason and what to do', async (_, fields, path, words) => {
    const error = await thrownBy(() => parseTaskSpec({ ...SPEC, data: columns, ...fields }));
    expect(error.code).toBe('bad_task_spec');
    const found = (error.details as readonly { path: string; message: string }[]).find((problem) => problem.path === path);
    expect(found?.message).toMatch(words);
  });

  it('labels of columns to select by are refused', async () => {
    const table = { kind: 'table' as const, features: [{ type: 'numeric' as const, column: 'x' }], label: { type: 'categorical' as const, column: 'y', values: ['a', 'b'] } };
    const error = await thrownBy(() => parseTaskSpec({ ...SPEC, data: table, algorithm: { name: 'statistics', k: 1, columns: [{ column: 'x' }] }, selection: { sampler: { name: 'stratified', by: 'label' } } }));
    expect(error.message).toMatch(/selection: a selection or an evaluation by labels/);
  });
});
