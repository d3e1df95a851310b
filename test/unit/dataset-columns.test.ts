/** Files as columns: missing values stay missing, what is unexpected stays what it is, and what is lacking is named. */
import { describe, expect, it } from 'vitest';
import { csvColumns, examplesAsColumns, loadColumns } from '../../client/datasets/columns.ts';
import { csvTable } from '../../client/datasets/csv-dataset.ts';
import { tableDataset } from '../../client/datasets/table.ts';
import { countCells, countItems, type Column } from '../../shared/statistics/columns.ts';
import { columnsOf } from '../../shared/task/data-columns.ts';
import { DataContract, type TableContract } from '../../shared/task/data-contract.ts';
import { thrownBy } from '../helpers/thrown.ts';

const columns = (...list: object[]): DataContract => DataContract.parse({ kind: 'columns', columns: list });
const numeric = (column: string, fields: object = {}): object => ({ type: 'numeric', column, ...fields });
const categorical = (column: string, fields: object = {}): object => ({ type: 'categorical', column, ...fields });
const numbers = (column: Column | undefined): number[] => (column?.type === 'numeric' ? [...column.values].map((value) => value * column.scale) : []);
const texts = (column: Column | undefined): (string | null)[] => (column?.type === 'categorical' ? [...column.codes].map((code) => (code < 0 ? null : column.values[code])) : []);

describe('a CSV as columns', () => {
  const contract = columns(numeric('x'), categorical('kind', { values: ['a', 'b'] }), categorical('note'));

  it('keeps every row, and what is missing missing', () => {
    const table = csvColumns('f.csv', 'kind,x,note,more\na,1.5,hello,1\nc,NA,?,2\n,-2e3,"a, b",3\n', contract);
    expect(table).toMatchObject({ rows: 3, source: 'csv:f.csv' });
    expect(numbers(table.columns.get('x'))).toEqual([1.5, NaN, -2000]);
    expect(texts(table.columns.get('kind'))).toEqual(['a', 'c', null]);
    expect(texts(table.columns.get('note'))).toEqual(['hello', null, 'a, b']);
    // The contract's values come first, whatever the file begins with.
    expect(table.columns.get('kind')).toMatchObject({ values: ['a', 'b', 'c'] });
    expect([...table.columns.keys()]).toEqual(['x', 'kind', 'note']);
    expect(countCells(table.columns.get('x') as Column)).toEqual({ cells: 3, held: 2 });
    expect(countCells(table.columns.get('kind') as Column)).toEqual({ cells: 3, held: 2 });
  });

  it('takes a value that the contract names although it looks like a missing one', () => {
    const table = csvColumns('f.csv', 'country\nNA\n\n?\nDE\n', columns(categorical('country', { values: ['NA', 'DE'] })));
    expect(texts(table.columns.get('country'))).toEqual(['NA', null, 'DE']);
  });

  it('counts items of either type, −0 and 0 as one', () => {
    const table = csvColumns('f.csv', 'x,note\n0,b\n-0,a\n1.50,b\nNA,\n', columns(numeric('x'), categorical('note')));
    expect([...countItems(table.columns.get('x') as Column)]).toEqual([['0', 2], ['1.5', 1]]);
    expect([...countItems(table.columns.get('note') as Column)]).toEqual([['b', 2], ['a', 1]]);
  });

  it('goes without a column that is optional, and names one that is not', async () => {
    const optional = columns(numeric('x', { optional: true }), categorical('note'));
    expect([...csvColumns('f.csv', 'note\na\n', optional).columns.keys()]).toEqual(['note']);
    const error = await thrownBy(() => csvColumns('f.csv', 'note\na\n', columns(numeric('x'), numeric('y'), categorical('note'))));
    expect([error.code, error.message]).toEqual(['bad_dataset', expect.stringMatching(/^f\.csv, line 1, column "x": found the columns "note", expected a column of this name: .*declare it optional \(and 1 more/)]);
  });

  it.each([
    ['text where a number is expected', 'x,kind,note\n1,a,b\ntwelve,a,b\n', /line 3, column "x": found "twelve", expected a number/],
    ['a number that is too large', 'x,kind,note\n1e999,a,b\n', /line 2, column "x": .*within the range of float64/],
    ['a column that is there twice', 'x,x,kind,note\n1,2,a,b\n', /column "x": found 2 columns of this name/],
    ['no row', 'x,kind,note\n', /found a header and no row/],
  ])('refuses %s', async (_, text, message) => {
    expect((await thrownBy(() => csvColumns('f.csv', text, contract))).message).toMatch(message);
  });

  it('serves a table contract without encoding anything', () => {
    const table = DataContract.parse({
      kind: 'table', features: [numeric('x', { standardise: { mean: 5, deviation: 2 }, missing: 0 }), categorical('kind', { values: ['a', 'b'] })], label: { type: 'categorical', column: 'y', values: ['no', 'yes'] }, validation: { fraction: 0.5 },
    });
    const found = csvTable('f.csv', 'x,kind,y\n7,a,yes\nNA,b,no\n', table);
    expect([numbers(found.columns.get('x')), texts(found.columns.get('kind')), texts(found.columns.get('y'))]).toEqual([[7, NaN], ['a', 'b'], ['yes', 'no']]);
  });
});

describe('examples as columns', () => {
  it('undo what the contract did to a table, but for what it filled in', () => {
    const contract = DataContract.parse({
      kind: 'table', features: [numeric('x', { standardise: { mean: 5, deviation: 2 } }), categorical('kind', { values: ['a', 'b', 'c'], missing: 'zeros' }), numeric('z')], label: { type: 'numeric', column: 'y' },
    }) as TableContract;
    const { train } = tableDataset('f.csv', 'x,kind,z,y\n7,c,1,10\n3,NA,2,20\n', contract);
    const found = examplesAsColumns(train, contract, 'f.csv').columns;
    expect([...found.keys()]).toEqual(columnsOf(contract).map(({ column }) => column));
    expect([numbers(found.get('x')), texts(found.get('kind')), numbers(found.get('z')), numbers(found.get('y'))]).toEqual([[7, 3], ['c', null], [1, 2], [10, 20]]);
  });

  it('are pixels and labels of images, words and labels of texts', async () => {
    const image = DataContract.parse({ kind: 'image', height: 1, width: 2, channels: 1, classes: ['left', 'right'], validation: { fraction: 0.5 } });
    let asked: DataContract | null = null;
    const source = {
      name: 'two images',
      load: (contract: DataContract) => {
        asked = contract;
        return Promise.resolve({ train: { size: 2, inputs: Uint8Array.of(0, 255, 51, 0), inputShape: [1, 2, 1], scale: 1 / 255, labels: Int32Array.of(1, 0), labelShape: [] }, validation: null, source: 'two images' });
      },
    };
    const table = await loadColumns(source, image);
    expect(asked).toMatchObject({ validation: { fraction: 0 } });
    expect([numbers(table.columns.get('pixels')), texts(table.columns.get('label'))]).toEqual([[0, 1, 0.2, 0], ['right', 'left']]);
    expect(table.columns.get('pixels')).toMatchObject({ width: 2 });

    const text = DataContract.parse({ kind: 'text', column: 'message', labelColumn: 'mood', classes: ['bad', 'good'], length: 4, vocabulary: ['sun'] });
    const words = csvTable('m.csv', 'message,mood\nsun again,good\nno,bad\n', text);
    expect([numbers(words.columns.get('words')), texts(words.columns.get('mood'))]).toEqual([[2, 1], ['good', 'bad']]);
  });

  it('cannot stand in for bare columns', async () => {
    const source = { name: 'ready', load: () => Promise.resolve({ train: { size: 1, inputs: Float32Array.of(1), inputShape: [1], scale: 1, labels: Int32Array.of(0), labelShape: [] }, validation: null, source: 'ready' }) };
    expect((await thrownBy(() => loadColumns(source, columns(numeric('x'))))).message).toMatch(/give it a CSV/);
  });
});
