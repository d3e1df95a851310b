/** An edge's files as columns for statistics: a CSV as it stands, or what the examples of any other source show. */
import { MurmurError } from '../../shared/errors.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Column, ColumnTable } from '../../shared/statistics/columns.ts';
import { columnsOf, type DataColumn } from '../../shared/task/data-columns.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { isMissing, readCsv } from './csv.ts';
import type { DatasetSource } from './dataset-source.ts';
import { badDataset, createProblems, listed, quoted } from './problems.ts';
import { DECIMAL } from './table.ts';

/** Whatever the source can give of the contract's columns. @throws bad_dataset, saying which column is not there and what to do */
export async function loadColumns(source: DatasetSource, contract: DataContract): Promise<ColumnTable> {
  if (source.loadColumns) return source.loadColumns(contract);
  // Every example counts: nothing is trained that would have to be validated.
  const { train, source: name } = await source.load(withNothingHeldBack(contract));
  return examplesAsColumns(train, contract, name);
}

export function withNothingHeldBack(contract: DataContract): DataContract {
  return contract.kind === 'columns' ? contract : { ...contract, validation: { ...contract.validation, fraction: 0 } };
}

/** The columns that training examples show; what the contract filled in for missing values cannot be told from values. @throws bad_dataset for a contract of bare columns */
export function examplesAsColumns(examples: Examples, contract: DataContract, source: string): ColumnTable {
  return { rows: examples.size, columns: new Map(columnsOf(contract).map((column, i) => [column.column, fromExamples(examples, contract, column, i)])), source };
}

/**
 * A CSV's columns by a contract of the kind `table` or `columns`. Nothing is encoded or filled in; a categorical value
 * that the contract does not name is kept as it is.
 * @throws bad_dataset for a column that is not there and not optional, and for text where a number is expected
 */
export function csvColumns(file: string, input: string | Uint8Array, contract: DataContract): ColumnTable {
  const problems = createProblems(file);
  let readers: readonly { readonly place: number; readonly column: DataColumn; readonly reader: ColumnReader }[] = [];
  let rows = 0;
  readCsv(file, input, problems, {
    header({ names, recordsAtMost }) {
      readers = placesOf(file, names, columnsOf(contract)).map(({ place, column }) => ({ place, column, reader: column.type === 'numeric' ? numericReader(recordsAtMost) : categoricalReader(recordsAtMost, column.values ?? []) }));
    },
    record(values, lineOf) {
      for (const { place, column, reader } of readers) {
        const expected = reader.take(values[place], rows);
        if (expected !== null) problems.add({ line: lineOf(place), column: column.column, found: quoted(values[place]), expected });
      }
      rows++;
    },
  });
  problems.throwIfAny();
  if (rows === 0) throw badDataset(file, { line: 2, found: 'a header and no row', expected: 'one line a row' });
  return { rows, columns: new Map(readers.map(({ column, reader }) => [column.column, reader.column(rows)])), source: `csv:${file}` };
}

/** @throws bad_dataset naming every column that is missing or there twice */
function placesOf(file: string, names: readonly string[], wanted: readonly DataColumn[]): { readonly place: number; readonly column: DataColumn }[] {
  const problems = createProblems(file);
  const found = wanted.flatMap((column) => {
    const times = names.filter((name) => name === column.column).length;
    if (times > 1) problems.add({ line: 1, column: column.column, found: `${times} columns of this name`, expected: 'one' });
    if (times === 0 && !column.optional) {
      problems.add({
        line: 1, column: column.column, found: `the columns ${listed(names)}`,
        expected: 'a column of this name: the task’s statistics need it of every edge. Give a file that has it, or ask the task’s author to declare it optional',
      });
    }
    return times === 0 ? [] : [{ place: names.indexOf(column.column), column }];
  });
  problems.throwIfAny();
  return found;
}

interface ColumnReader {
  /** Says what it expected where it cannot take a value. */
  take(value: string, row: number): string | null;
  column(rows: number): Column;
}

function numericReader(rowsAtMost: number): ColumnReader {
  const values = new Float64Array(rowsAtMost);
  return {
    take(value, row) {
      const text = value.trim();
      if (!isMissing(text) && !DECIMAL.test(text)) return 'a number such as -1.5 or 2e3, with a decimal point, or nothing';
      values[row] = isMissing(text) ? NaN : Number(text);
      return Math.abs(values[row]) === Infinity ? 'a number within the range of float64' : null;
    },
    column: (rows) => ({ type: 'numeric', values: values.subarray(0, rows), width: 1, scale: 1 }),
  };
}

function categoricalReader(rowsAtMost: number, expected: readonly string[]): ColumnReader {
  const codes = new Int32Array(rowsAtMost);
  const values = [...expected];
  const indices = new Map(values.map((value, i) => [value, i]));
  return {
    take(value, row) {
      const text = value.trim();
      let code = indices.get(value) ?? indices.get(text);
      if (code === undefined && !isMissing(text)) {
        code = values.push(text) - 1;
        indices.set(text, code);
      }
      codes[row] = code ?? -1;
      return null;
    },
    column: (rows) => ({ type: 'categorical', codes: codes.subarray(0, rows), values }),
  };
}

/** @param index among the contract's columns */
function fromExamples({ size, inputs, inputShape, scale, labels, labelShape }: Examples, contract: DataContract, column: DataColumn, index: number): Column {
  const width = inputShape.reduce((a, b) => a * b, 1);
  const isLabel = contract.kind === 'table' ? index === contract.features.length : index === 1;
  if (isLabel) return column.type === 'numeric' ? { type: 'numeric', values: Float64Array.from(labels), width: 1, scale: 1 } : { type: 'categorical', codes: Int32Array.from(labels), values: column.values ?? [] };
  switch (contract.kind) {
    case 'image':
      return { type: 'numeric', values: inputs instanceof Int32Array ? Float64Array.from(inputs) : inputs, width, scale };
    case 'text':
      return { type: 'numeric', values: Float64Array.from({ length: size }, (_, row) => wordsOf(inputs, row * width, (row + 1) * width)), width: 1, scale: 1 };
    case 'table':
      return fromFeatures(inputs, size, width, contract.features, index);
    case 'columns':
      throw new MurmurError('bad_dataset', `these data come as ready examples${labelShape.length > 0 ? ' for regression' : ''}, the task wants the columns of a table: give it a CSV (csv:FILE)`);
  }
}

/** What is not padding. */
function wordsOf(inputs: Examples['inputs'], from: number, to: number): number {
  let words = 0;
  for (let i = from; i < to; i++) words += inputs[i] === 0 ? 0 : 1;
  return words;
}

type Features = Extract<DataContract, { kind: 'table' }>['features'];

/** Undoes what the contract did to a column: its one-hot group, or its standardisation. What was filled in stays. */
function fromFeatures(inputs: Examples['inputs'], rows: number, width: number, features: Features, index: number): Column {
  const offset = features.slice(0, index).reduce((sum, feature) => sum + (feature.type === 'numeric' ? 1 : feature.values.length), 0);
  const feature = features[index];
  if (feature.type === 'numeric') {
    const { mean, deviation } = feature.standardise ?? { mean: 0, deviation: 1 };
    return { type: 'numeric', values: Float64Array.from({ length: rows }, (_, row) => inputs[row * width + offset] * deviation + mean), width: 1, scale: 1 };
  }
  const codes = Int32Array.from({ length: rows }, (_, row) => inputs.subarray(row * width + offset, row * width + offset + feature.values.length).indexOf(1));
  return { type: 'categorical', codes, values: feature.values };
}
