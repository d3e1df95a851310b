import { describe, expect, it } from 'vitest';
import { csvDataset } from '../../client/datasets/csv-dataset.ts';
import { tableDataset } from '../../client/datasets/table.ts';
import { DataContract, type TableContract } from '../../shared/task/data-contract.ts';
import { syntheticTable, syntheticTableContract } from '../helpers/synthetic-table.ts';
import { thrownBy } from '../helpers/thrown.ts';

function contract(overrides: object = {}): TableContract {
  const parsed = DataContract.parse({
    kind: 'table',
    features: [
      { type: 'categorical', column: 'colour', values: ['red', 'green', 'NA'] },
      { type: 'numeric', column: 'age', standardise: { mean: 10, deviation: 4 } },
    ],
    label: { type: 'categorical', column: 'kind', values: ['cat', 'dog'] },
    ...overrides,
  });
  if (parsed.kind !== 'table') throw new Error('no table contract');
  return parsed;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a table', () => {
  it('becomes features in the order of the contract, whatever the order of the file', () => {
    const { train, validation, source } = tableDataset('pets.csv', 'id,kind,age,colour\n1,cat,12,green\n2,dog,-2.5e0,red\n3,dog, 10 ,NA\n', contract());
    expect([...train.inputs]).toEqual([0, 1, 0, 0.5, 1, 0, 0, -3.125, 0, 0, 1, 0]);
    expect(train.inputShape).toEqual([4]);
    expect(train.labels).toEqual(Int32Array.of(0, 1, 1));
    expect(train.labelShape).toEqual([]);
    expect([train.size, train.scale, validation, source]).toEqual([3, 1, null, 'csv:pets.csv']);
  });

  it('has a column of float labels for regression', () => {
    const label = { type: 'numeric', column: 'price', standardise: { mean: 100, deviation: 50 } };
    const { train } = tableDataset('a.csv', 'colour,age,price\nred,10,150\nred,10,75', contract({ label }));
    expect(train.labels).toEqual(Float32Array.of(1, -0.5));
    expect(train.labelShape).toEqual([1]);
  });

  it.each([
    ['a byte order mark', bytes('\uFEFFcolour,age,kind\nred,14,dog\n')],
    ['a byte order mark in text', '\uFEFFcolour,age,kind\nred,14,dog\n'],
    ['CRLF', 'colour,age,kind\r\nred,14,dog\r\n'],
    ['CR', 'colour,age,kind\rred,14,dog\r'],
    ['mixed line ends', 'colour,age,kind\nred,14,dog\r\n'],
    ['no newline at the end', 'colour,age,kind\nred,14,dog'],
    ['blank lines', '\n\ncolour,age,kind\n\nred,14,dog\n\n\n'],
    ['semicolons', 'colour;age;kind\nred;14;dog\n'],
    ['tabs', 'colour\tage\tkind\nred\t14\tdog\n'],
    ['quotes', '"colour","age","kind"\n"red","14","dog"\n'],
    ['a comma in quotes', 'colour;"a,b,c,d";age;kind\nred;x;14;dog\n'],
  ])('is read with %s', (_, input) => {
    const { train } = tableDataset('a.csv', input, contract());
    expect([...train.inputs, ...train.labels]).toEqual([1, 0, 0, 1, 1]);
  });

  it('fills missing values as the contract says', () => {
    const features = [
      { type: 'numeric', column: 'n', standardise: { mean: 1, deviation: 2 }, missing: 5 },
      { type: 'categorical', column: 'z', values: ['a', 'b'], missing: 'zeros' },
      { type: 'categorical', column: 's', values: ['a', 'b'], missing: { value: 'b' } },
    ];
    const { train } = tableDataset('a.csv', 'n,z,s,kind\n,,,cat\nN/A,nan,?,dog\n3,b,a,dog\n', contract({ features }));
    expect([...train.inputs]).toEqual([2, 0, 0, 0, 1, 2, 0, 0, 0, 1, 1, 0, 1, 1, 0]);
  });

  it('holds back what the contract says', () => {
    const { train, validation } = tableDataset('a.csv', syntheticTable({ rows: 40, seed: 3 }), { ...syntheticTableContract, validation: { fraction: 0.25, seed: 2 } });
    expect([train.size, validation?.size]).toEqual([30, 10]);
  });
});

describe('a table that does not meet the contract', () => {
  const problem = async (text: string | Uint8Array, overrides: object = {}): Promise<string> => {
    const error = await thrownBy(() => tableDataset('a.csv', text, contract(overrides)));
    expect(error.code).toBe('bad_dataset');
    return error.message;
  };

  it.each([
    ['no number', 'colour,age,kind\nred,1,cat\nred,twelve,cat', 'a.csv, line 3, column "age": found "twelve", expected a number such as -1.5 or 2e3, with a decimal point'],
    ['a decimal comma', 'colour;age;kind\nred;1,5;cat', 'a.csv, line 2, column "age": found "1,5", expected a number such as -1.5 or 2e3, with a decimal point'],
    ['a hexadecimal number', 'colour,age,kind\nred,0x10,cat', 'a.csv, line 2, column "age": found "0x10", expected a number such as -1.5 or 2e3, with a decimal point'],
    ['infinity', 'colour,age,kind\nred,Infinity,cat', 'a.csv, line 2, column "age": found "Infinity", expected a number such as -1.5 or 2e3, with a decimal point'],
    ['more than float32 holds', 'colour,age,kind\nred,1e40,cat', 'a.csv, line 2, column "age": found "1e40", expected a number within the range of float32'],
    ['a missing number', 'colour,age,kind\nred,,cat', 'a.csv, line 2, column "age": found nothing, expected a number; the task allows no missing value here'],
    ['an unknown category', 'colour,age,kind\nblue,1,cat', 'a.csv, line 2, column "colour": found "blue", expected one of "red", "green", "NA"'],
    ['a missing category', 'colour,age,kind\n?,1,cat', 'a.csv, line 2, column "colour": found "?", expected one of "red", "green", "NA"; the task allows no missing value here'],
    ['an unknown label', 'colour,age,kind\nred,1,cow', 'a.csv, line 2, column "kind": found "cow", expected a label, one of "cat", "dog"'],
    ['a missing label', 'colour,age,kind\nred,1,', 'a.csv, line 2, column "kind": found nothing, expected a label, one of "cat", "dog"'],
    ['a missing column', 'color,age,kind\nred,1,cat', 'a.csv, line 1, column "colour": found the columns "color", "age", "kind", expected a column of this name in the header'],
    ['a column twice', 'colour,age,age,kind\nred,1,2,cat', 'a.csv, line 1, column "age": found 2 columns of this name, expected one'],
    ['too few values', 'colour,age,kind\nred,1,cat\nred,1', 'a.csv, line 3: found 2 values, expected 3, as many as the header names'],
    ['too many values', 'colour,age,kind\nred,1,cat,x', 'a.csv, line 2: found 4 values, expected 3, as many as the header names'],
    ['nothing', '', 'a.csv, line 1: found an empty file, expected a header that names the columns, and one line an example'],
    ['blank lines alone', '\n\r\n', 'a.csv, line 1: found an empty file, expected a header that names the columns, and one line an example'],
    ['a header alone', 'colour,age,kind\n', 'a.csv, line 2: found a header and no example, expected one line an example'],
    ['an open quote', 'colour,age,kind\nred,1,cat\nred,"1,cat\nred,1,cat\n', 'a.csv, line 3: found a quote in this record that is never closed, expected a closing " before the end of the file'],
    ['a quote within a value', 'colour,age,kind\nred,1,c"at', 'a.csv, line 2: found a quote in the middle of a value, expected the whole value in quotes, with each "\\"" inside it doubled'],
    ['text after a quote', 'colour,age,kind\nred,1,"c"at', 'a.csv, line 2: found a quote in the middle of a value, expected the whole value in quotes, with each "\\"" inside it doubled'],
    ['Latin-1', Uint8Array.of(...bytes('colour,age,kind\r\nred,1,cat\r\nred,1,'), 0xe9), 'a.csv, line 3: found bytes that are no UTF-8, expected UTF-8 text: save the file in that encoding'],
  ])('says so: %s', async (_, text, message) => {
    expect(await problem(text)).toBe(message);
  });

  it('counts lines inside quotes, LF and CRLF alike, and names the one on which the value begins', async () => {
    const lf = 'note,colour,age,kind\n"one\ntwo\n\nfour",red,1,cat\n\n"a\nb",red,x,cat\n';
    expect(await problem(lf)).toMatch(/^a\.csv, line 8, column "age": found "x"/);
    expect(await problem(lf.replaceAll('\n', '\r\n'))).toMatch(/^a\.csv, line 8, column "age": found "x"/);
    expect(await problem('colour,note,age,kind\nblue,"a\nb",1,cat')).toMatch(/^a\.csv, line 2, column "colour"/);
    expect(await problem('"no\nte",colour,age,kind\nx,blue,1,cat')).toMatch(/^a\.csv, line 3, column "colour"/);
  });

  it('gathers ten problems and counts the rest', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => `red,x${i},cat`);
    const error = await thrownBy(() => tableDataset('a.csv', ['colour,age,kind', ...rows, 'red,1'].join('\n'), contract()));
    expect(error.message).toMatch(/^a\.csv, line 2, column "age": found "x0".* \(and 12 more; the details list the first 10\)$/);
    expect(error.details).toMatchObject({ file: 'a.csv', count: 13, problems: { length: 10 } });
    expect(error.details).toMatchObject({ problems: Array.from({ length: 10 }, (_, i) => ({ line: i + 2, column: 'age', found: `"x${i}"` })) });
  });

  it('names every missing column', async () => {
    const error = await thrownBy(() => tableDataset('a.csv', 'a,b\n1,2', contract()));
    expect(error.details).toMatchObject({ count: 3, problems: [{ column: 'colour' }, { column: 'age' }, { column: 'kind' }] });
  });

  it('does not mind a repeated column that the contract does not read', () => {
    expect(tableDataset('a.csv', 'x,colour,x,age,kind\n1,red,2,10,cat', contract()).train.size).toBe(1);
  });

  it('refuses a contract that contradicts itself', async () => {
    const standIn = { features: [{ type: 'categorical', column: 'c', values: ['a', 'b'], missing: { value: 'd' } }] };
    expect((await thrownBy(() => tableDataset('a.csv', 'c,kind\na,cat', contract(standIn)))).message).toBe('column "c": "d" stands in for missing values, but is none of its values "a", "b"');
    const twice = { label: { type: 'categorical', column: 'kind', values: ['cat', 'cat'] } };
    expect((await thrownBy(() => tableDataset('a.csv', 'c,kind\na,cat', contract(twice)))).code).toBe('bad_task_spec');
  });

  it('refuses a CSV where images are wanted, and says what to give instead', async () => {
    const images = DataContract.parse({ kind: 'image', height: 28, width: 28, channels: 1, classes: ['a', 'b'] });
    expect((await thrownBy(() => csvDataset('a.csv', 'a,b', images))).message).toMatch(/a\.csv is a CSV, the task wants images of 28 × 28.*images:FOLDER/);
  });
});
