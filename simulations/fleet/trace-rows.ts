/** One CSV of a trace, row by row, each value checked. */
import { findColumns, isMissing, readCsv } from '../../client/datasets/csv.ts';
import { createProblems, listed, quoted, type DatasetProblems } from '../../client/datasets/problems.ts';

interface Range {
  readonly from: number;
  readonly to: number;
  readonly what: string;
}

export interface TraceFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export interface Row {
  readonly line: number;
  /** Nothing of it was wrong so far. */
  readonly sound: boolean;
  has(column: string): boolean;
  text(column: string): string;
  number(column: string, range: Range): number;
  choice<T extends string>(column: string, choices: readonly T[]): T;
  problem(column: string, expected: string): void;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Calls back for each record; a value that is wrong is noted, and its place is taken by another until all have been read.
 * `after` looks at the whole, once every row by itself is sound. @throws bad_dataset
 */
export function readRows(file: TraceFile, columns: { readonly needed: readonly string[]; readonly optional?: readonly string[] }, visit: (row: Row) => void, after: (problems: DatasetProblems) => void = () => undefined): void {
  const problems = createProblems(file.name);
  let places = new Map<string, number>();
  readCsv(file.name, file.content, problems, {
    header({ names }) {
      const wanted = [...columns.needed, ...(columns.optional ?? []).filter((name) => names.includes(name))];
      const found = findColumns(file.name, names, wanted);
      places = new Map(wanted.map((name, i) => [name, found[i]]));
    },
    record(values, lineOf) {
      const valueOf = (column: string): string => values[places.get(column) ?? -1]?.trim() ?? '';
      const problem = (column: string, expected: string): void => {
        const value = valueOf(column);
        problems.add({ line: lineOf(places.get(column) ?? 0), column, found: value === '' ? 'nothing' : quoted(value), expected });
      };
      const before = problems.count;
      visit({
        line: lineOf(0),
        get sound() {
          return problems.count === before;
        },
        has: (column) => places.has(column) && !isMissing(valueOf(column)),
        problem,
        text(column) {
          const value = valueOf(column);
          if (value === '') problem(column, "the device's name");
          return value;
        },
        number(column, { from, to, what }) {
          const value = valueOf(column);
          const number = DECIMAL.test(value) ? Number(value) : NaN;
          if (number >= from && number <= to && Number.isFinite(number)) return number;
          problem(column, what);
          return from;
        },
        choice(column, choices) {
          const value = valueOf(column);
          const chosen = choices.find((choice) => choice === value);
          if (chosen === undefined) problem(column, `one of ${listed(choices)}`);
          return chosen ?? choices[0];
        },
      });
    },
  });
  problems.throwIfAny();
  after(problems);
  problems.throwIfAny();
}
