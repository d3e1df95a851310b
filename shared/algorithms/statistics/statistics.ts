/**
 * Statistics of columns, by one exchange with each edge: what the measures of `measures/` say, and covariances. Edges
 * forward counts, moments and sketches; no example leaves them. Each round measures anew, so that versions are dates.
 */
import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import { DEFAULT_HEADER_BYTES } from '../../protocol/frame.ts';
import { countCells, type Column, type ColumnTable, type NumericColumn } from '../../statistics/columns.ts';
import { comomentsSize, startComoments } from '../../statistics/monoids/comoments.ts';
import type { FieldSpec, FieldValues, MergedStatistic } from '../../statistics/statistic.ts';
import { columnsOf, type DataColumn } from '../../task/data-columns.ts';
import type { DataContract } from '../../task/data-contract.ts';
import { createLayout, createParameters, sizeOf } from '../../tensors/layout.ts';
import type { Algorithm, EdgeContext, ServerState } from '../algorithm.ts';
import { COUNT } from './measures/measure.ts';
import { ColumnRequest, measuresOf } from './measures/registry.ts';
import { requireEdgeData, requireEdges } from './requirements.ts';
import type { ColumnResult, CovarianceResult, StatisticsResult, Withheld } from './result.ts';
import { eachRow } from './rows.ts';

const twiceAmong = (columns: readonly Pick<ColumnRequest, 'column'>[]): string[] => columns.map(({ column }) => column).filter((column, i, all) => all.indexOf(column) < i);

export const StatisticsConfig = z.strictObject({
  /** The fewest edges behind every number that is published. */
  k: z.int().min(1).max(100_000).default(3),
  columns: z.array(ColumnRequest).min(1).max(256).refine((columns) => twiceAmong(columns).length === 0, {
    error: ({ input }) => `${twiceAmong(input as readonly ColumnRequest[]).join(', ')}: asked for twice; ask for all measures of a column in one entry`,
  }),
  /** Numeric columns whose covariances are wanted, of the rows in which all are there; `pixels` stands for every pixel. */
  covariance: z.array(z.string().min(1)).min(1).max(512).nullable().default(null),
});
export type StatisticsConfig = z.infer<typeof StatisticsConfig>;

/** Most columns of a covariance: half a million products, 4 MB. */
const WIDEST = 1024;
/** Of each column: values, missing values. */
const COUNTS = 'counts';
/** Of all columns, one after the other: edges that have it, edges that have a value in it. No edge counts as more than one. */
const COLUMN_EDGES = 'column edges';
const COVARIANCE = 'covariance';
/** Of the covariance: edges that have a row in which nothing is missing; the second number is none. */
const COVARIANCE_EDGES = 'covariance edges';
const ONE_EDGE = { atLeast: 0, atMost: 1, whole: true } as const;
/** Numbers of each column in the checkpoint, float32: edges, count, missing, mean, deviation. */
const SUMMARY = 5;

interface Asked {
  /** Among the task's requests. */
  readonly index: number;
  readonly declared: DataColumn;
  readonly request: ColumnRequest;
}

/** By its number, so that no two are alike, whatever columns are called. */
const fieldName = (index: number, { column }: ColumnRequest, measure: string, part = ''): string => `${index} ${column}/${measure}${part === '' ? '' : ` ${part}`}`;

export const statistics: Algorithm<StatisticsConfig> = {
  name: 'statistics',
  summary: 'Edges forward counts, moments and sketches of their columns; nothing is trained',
  config: StatisticsConfig,
  needs: {
    fields(_layout, about) {
      if (about === undefined) throw new MurmurError('internal', 'the fields of statistics follow from the task');
      return fieldsOf(about.data, about.config);
    },
    stages: ['report'],
    edgeState: false,
    barrier: true,
  },
  modelFree: {
    reads: 'columns',
    initial(data, config) {
      const layout = createLayout(asked(data, config).map(({ request }) => ({ name: request.column, shape: [SUMMARY] })));
      return createParameters(layout, new Float32Array(layout.size));
    },
    leastEdges: ({ k }) => k,
    problems: problemsOf,
    result: resultOf,
  },
  init: (initial) => ({ parameters: initial, vectors: {}, numbers: {} }),
  plan: () => ({}),
  async edge({ config, data, signal }) {
    const held = requireEdgeData(data);
    return { statistic: { weight: 1, fields: await read(held.contract, config, await held.columns(), { data: held, signal }) } };
  },
  update: (state, merged, config) => updated(state, merged, config),
};

/** What is asked of each column, in the task's order. Its names were checked with the task. */
function asked(data: DataContract, config: StatisticsConfig): readonly Asked[] {
  const declared = new Map(columnsOf(data).map((column) => [column.column, column]));
  return config.columns.flatMap((request, index) => {
    const found = declared.get(request.column);
    return found ? [{ index, declared: found, request }] : [];
  });
}

function covariates(data: DataContract, config: StatisticsConfig): readonly Extract<DataColumn, { type: 'numeric' }>[] {
  const declared = columnsOf(data);
  return (config.covariance ?? []).flatMap((name) => declared.flatMap((column) => (column.column === name && column.type === 'numeric' ? [column] : [])));
}

const widthOf = (columns: readonly { readonly width: number }[]): number => columns.reduce((sum, { width }) => sum + width, 0);

function fieldsOf(data: DataContract, config: StatisticsConfig): readonly FieldSpec[] {
  const fields: FieldSpec[] = [{ name: 'examples', monoid: 'sum', dtype: 'float64', shape: [], range: { ...COUNT, atLeast: 1 } }];
  fields.push({ name: COLUMN_EDGES, monoid: 'sum', dtype: 'float64', shape: [2 * config.columns.length], range: ONE_EDGE, aside: true });
  for (const { index, declared, request } of asked(data, config)) {
    fields.push({ name: fieldName(index, request, COUNTS), monoid: 'sum', dtype: 'float64', shape: [2], range: COUNT, aside: true });
    for (const { measure, setting } of measuresOf(request)) {
      for (const [part, { size, ...field }] of Object.entries(measure.fields(declared, setting))) fields.push({ name: fieldName(index, request, measure.name, part), ...field, shape: [size], aside: true });
    }
  }
  if (config.covariance === null) return fields;
  const size = comomentsSize(widthOf(covariates(data, config)));
  return [...fields, { name: COVARIANCE_EDGES, monoid: 'sum', dtype: 'float64', shape: [2], range: ONE_EDGE, aside: true }, { name: COVARIANCE, monoid: 'comoments', dtype: 'float64', shape: [size] }];
}

async function read(data: DataContract, config: StatisticsConfig, table: ColumnTable, context: Pick<EdgeContext<unknown>, 'data' | 'signal'>): Promise<Record<string, FieldValues>> {
  const edges = new Float64Array(2 * config.columns.length);
  const fields: [string, FieldValues][] = [['examples', Float64Array.of(table.rows)], [COLUMN_EDGES, edges]];
  for (const { index, declared, request } of asked(data, config)) {
    const column = table.columns.get(request.column) ?? null;
    context.signal.throwIfAborted();
    await context.data?.breathe?.();
    if (column !== null) requireSquares(column, request.column);
    const counts = countsOf(column);
    edges.set([column === null ? 0 : 1, counts[0] > 0 ? 1 : 0], 2 * index);
    fields.push([fieldName(index, request, COUNTS), counts]);
    for (const { measure, setting } of measuresOf(request)) {
      for (const [part, values] of Object.entries(measure.read(column, setting, declared))) fields.push([fieldName(index, request, measure.name, part), values]);
    }
  }
  if (config.covariance !== null) {
    const wanted = covariates(data, config);
    const columns = wanted.flatMap(({ column }) => table.columns.get(column) ?? []).filter((column) => column.type === 'numeric');
    for (const [i, column] of columns.entries()) requireSquares(column, wanted[i].column);
    const products = columns.length === wanted.length ? await covarianceOf(columns, table.rows, context) : new Float64Array(comomentsSize(widthOf(wanted)));
    fields.push([COVARIANCE_EDGES, Float64Array.of(products[0] > 0 ? 1 : 0, 0)], [COVARIANCE, products]);
  }
  return Object.fromEntries(fields);
}

/** Sums of squares of values up to this one stay within float64, and within what `moments` and `comoments` take. */
const LARGEST_VALUE = 2 ** 400;

/** Also of columns of which no moments are asked: one value so large is no measurement. @throws bad_dataset */
function requireSquares(column: Column, name: string): void {
  if (column.type !== 'numeric') return;
  const at = column.values.findIndex((value: number) => Math.abs(value * column.scale) > LARGEST_VALUE);
  if (at < 0) return;
  const row = Math.floor(at / column.width) + 1;
  throw new MurmurError('bad_dataset', `column ${JSON.stringify(name)}, row ${row}: found ${column.values[at]}, expected a number whose square float64 can hold; where it stands for a missing value, leave the field empty`, { details: { column: name, row } });
}

function countsOf(column: Column | null): Float64Array {
  if (column === null) return new Float64Array(2);
  const { cells, held } = countCells(column);
  return Float64Array.of(held, cells - held);
}

async function covarianceOf(columns: readonly NumericColumn[], rows: number, context: Pick<EdgeContext<unknown>, 'data' | 'signal'>): Promise<Float64Array> {
  const products = startComoments(widthOf(columns));
  const one = new Float64Array(widthOf(columns));
  await eachRow(rows, context, (row) => {
    let at = 0;
    for (const { values, width, scale } of columns) for (let i = 0; i < width; i++) one[at++] = values[row * width + i] * scale;
    products.add(one);
  });
  return products.vector;
}

/** What fewer than k edges are behind is not kept: neither published nor stored. @throws too_few_edges */
function updated(state: ServerState, { count, fields }: MergedStatistic, config: StatisticsConfig): ServerState {
  requireEdges(count, config.k);
  const wide: [string, Float64Array][] = [];
  const keep = (name: string, values: FieldValues): void => void wide.push([name, Float64Array.from(values)]);
  const parameters = new Float32Array(state.parameters.length);
  const columnEdges = Float64Array.from(fields[COLUMN_EDGES]);
  config.columns.forEach((request, index) => {
    const [having, valued] = columnEdges.subarray(2 * index, 2 * index + 2);
    const reason = reasonToWithhold(having, valued, config.k);
    if (reason !== null) {
      // Which of the two it is, not how many there were.
      columnEdges.set(reason === 'have' ? [0, 0] : [config.k, 1], 2 * index);
      return;
    }
    const [held, missing] = fields[fieldName(index, request, COUNTS)];
    keep(fieldName(index, request, COUNTS), fields[fieldName(index, request, COUNTS)]);
    for (const { measure, setting } of measuresOf(request)) {
      const parts = partsOf(fields, fieldName(index, request, measure.name));
      for (const [part, values] of Object.entries(measure.kept?.(parts, setting, config.k) ?? parts)) keep(fieldName(index, request, measure.name, part), values);
    }
    const [n, mean, squares] = request.moments === undefined ? [0, 0, 0] : fields[fieldName(index, request, 'moments')];
    const summary = [having, held, missing, mean, n > 0 ? Math.sqrt(squares / n) : 0];
    // A checkpoint holds finite numbers only; the exact ones are in the state.
    parameters.set(summary.map((value) => Math.max(-LARGEST, Math.min(LARGEST, value))), SUMMARY * index);
  });
  keep(COLUMN_EDGES, columnEdges);
  if (config.covariance !== null && fields[COVARIANCE_EDGES][0] >= config.k) keep(COVARIANCE, fields[COVARIANCE]);
  return { parameters, vectors: {}, numbers: { edges: count, rows: fields.examples[0] }, wide: Object.fromEntries(wide) };
}

/** What a measure has there, by part. @param begin the name of its only part, with which those of several begin */
function partsOf<Values>(fields: Readonly<Record<string, Values>>, begin: string): Record<string, Values> {
  return Object.fromEntries(Object.entries(fields).flatMap(([name, values]): [string, Values][] => (name === begin ? [['', values]] : name.startsWith(`${begin} `) ? [[name.slice(begin.length + 1), values]] : [])));
}

/** Why nothing is said of a column; null: all is. That nobody has a value in it is said of all who have it. */
function reasonToWithhold(having: number, valued: number, k: number): 'have' | 'have a value in' | null {
  if (having < k) return 'have';
  return valued > 0 && valued < k ? 'have a value in' : null;
}

const LARGEST = 3e38;

function resultOf({ numbers, wide = {} }: ServerState, data: DataContract, config: StatisticsConfig): StatisticsResult | null {
  if (numbers.edges === undefined) return null;
  const columns = asked(data, config).map(({ index, declared, request }): ColumnResult => {
    const head = { column: request.column, type: declared.type };
    const [having, valued] = wide[COLUMN_EDGES].subarray(2 * index, 2 * index + 2);
    const reason = reasonToWithhold(having, valued, config.k);
    if (reason !== null) return { ...head, withheld: withheld(`${reason} the column ${JSON.stringify(request.column)}`, config.k) };
    const counts = wide[fieldName(index, request, COUNTS)];
    const measures = measuresOf(request).map(({ measure, setting }) => [measure.name, measure.publish(partsOf(wide, fieldName(index, request, measure.name)), setting, declared, config.k)]);
    return { ...head, edges: valued || having, count: counts[0], missing: counts[1], measures: Object.fromEntries(measures) as ColumnResult['measures'] };
  });
  return { kind: 'statistics', edges: numbers.edges, leastEdges: config.k, rows: numbers.rows ?? 0, columns, covariance: config.covariance === null ? null : covarianceResult(wide[COVARIANCE], data, config) };
}

function covarianceResult(vector: Float64Array | undefined, data: DataContract, config: StatisticsConfig): CovarianceResult {
  const columns = covariates(data, config).flatMap(({ column, width }) => (width === 1 ? [column] : Array.from({ length: width }, (_, i) => `${column} ${i}`)));
  if (vector === undefined) return { columns, withheld: withheld('have a row with all of these columns', config.k) };
  const [rows, width] = [vector[0], columns.length];
  const covariance = columns.map(() => new Array<number>(width).fill(0));
  for (let i = 0, at = 1 + width; i < width; i++) {
    for (let j = i; j < width; j++, at++) covariance[i][j] = covariance[j][i] = rows > 0 ? vector[at] / rows : 0;
  }
  return { columns, rows, means: Array.from(vector.subarray(1, 1 + width)), covariance };
}

function withheld(what: string, k: number): Withheld {
  return { code: 'too_few_edges', message: `fewer than ${k} edges ${what}; ask for a smaller k, or wait until more edges that have it take part` };
}

/** Of a report's header, for what is no field: the assignment, the layout's digest. */
const OTHER_HEADER_BYTES = 1024;

/** What the fields take of a report's header, as it is written there. */
function bytesOfNames(fields: readonly FieldSpec[]): number {
  const encoder = new TextEncoder();
  return fields.reduce((sum, { name, dtype, shape }) => sum + encoder.encode(`${JSON.stringify({ name, dtype, shape: [sizeOf(shape)] })},`).length, 0);
}

function problemsOf(data: DataContract, config: StatisticsConfig): readonly { readonly path: string; readonly message: string }[] {
  const declared = columnsOf(data);
  const known = declared.map(({ column }) => column).join(', ');
  const problems = config.columns.flatMap((request, i) => {
    const column = declared.find((one) => one.column === request.column);
    if (!column) return [{ path: `columns.${i}.column`, message: `the data contract has no column ${JSON.stringify(request.column)}; it has: ${known}` }];
    return measuresOf(request).flatMap(({ measure, setting }) => {
      const path = `columns.${i}.${measure.name}`;
      if (measure.serves !== 'any' && measure.serves !== column.type) return [{ path, message: `it is for ${measure.serves} columns, and ${column.column} is ${column.type}` }];
      const refusal = measure.refuses?.(column, setting) ?? null;
      return refusal === null ? [] : [{ path, message: refusal }];
    });
  });
  (config.covariance ?? []).forEach((name, i) => {
    const column = declared.find((one) => one.column === name);
    if (column?.type !== 'numeric') problems.push({ path: `covariance.${i}`, message: column ? `${name} is categorical, and covariances are of numbers` : `the data contract has no column ${JSON.stringify(name)}; it has: ${known}` });
  });
  const named = bytesOfNames(fieldsOf(data, config));
  if (named > DEFAULT_HEADER_BYTES - OTHER_HEADER_BYTES) problems.push({ path: 'columns', message: `they ask for more numbers than one report can name (${named} bytes of names, ${DEFAULT_HEADER_BYTES - OTHER_HEADER_BYTES} fit); make two tasks of it` });
  const width = widthOf(covariates(data, config));
  if (width > WIDEST) problems.push({ path: 'covariance', message: `${width} columns are more than the ${WIDEST} whose products fit a report; take fewer, or the algorithm pca, which needs no products` });
  return problems;
}
