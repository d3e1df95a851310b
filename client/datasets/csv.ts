/** Reads CSV on every platform: header, records, and the line of the file on which each value begins. */
// The browser build runs in Node, too: one parser everywhere, at about a third more time than Node's own build.
import { parse } from 'csv-parse/browser/esm/sync';
import { badDataset, createProblems, listed, quoted, type DatasetProblems } from './problems.ts';

export interface CsvColumns {
  /** Names in file order, surrounding blanks removed. */
  readonly names: readonly string[];
  /** Never fewer than the records that will come: what to allocate. */
  readonly recordsAtMost: number;
}

export interface CsvVisitor {
  /** Called once, before the records. */
  header(columns: CsvColumns): void;
  /** Values in file order, as many as there are names; `lineOf(i)` is the line on which value i begins. */
  record(values: readonly string[], lineOf: (index: number) => number): void;
}

const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Comma, semicolon or tab, whichever splits the header into most columns. A byte order
 * mark is dropped, blank lines are skipped, LF, CRLF and CR all end a line.
 * Records of the wrong width are added to `problems` and skipped.
 * @throws bad_dataset for what is no UTF-8, for quotes that do not match, and for an empty file.
 */
export function readCsv(file: string, input: string | Uint8Array, problems: DatasetProblems, visitor: CsvVisitor): void {
  // One kind of newline: csv-parse counts a CRLF inside quotes as two lines, and takes the first line's kind for all.
  const text = decode(file, input).replace(/\r\n?/g, '\n');
  let width = -1;
  let lastLine = 0;
  const visit = (values: readonly string[], info: { readonly lines: number }): null => {
    const end = info.lines;
    lastLine = end;
    const lineOf = (index: number): number => {
      let line = end;
      for (let i = index; i < values.length; i++) line -= newlines(values[i]);
      return line;
    };
    if (width < 0) {
      width = values.length;
      visitor.header({ names: values.map((name) => name.trim()), recordsAtMost: newlines(text) - (text.endsWith('\n') ? 1 : 0) });
    } else if (values.length === width) {
      visitor.record(values, lineOf);
    } else {
      problems.add({ line: lineOf(0), found: `${values.length} values`, expected: `${width}, as many as the header names` });
    }
    return null;
  };
  try {
    parse(text, { delimiter: delimiterOf(text), relax_column_count: true, skip_empty_lines: true, max_record_size: 0, on_record: visit });
  } catch (error) {
    throw badQuotes(file, error, lastLine + 1) ?? error;
  }
  if (width < 0) throw badDataset(file, { line: 1, found: 'an empty file', expected: 'a header that names the columns, and one line an example' });
}

/** Index of each wanted column; @throws bad_dataset naming what is missing or there twice, and what was found. */
export function findColumns(file: string, names: readonly string[], wanted: readonly string[]): readonly number[] {
  const problems = createProblems(file);
  for (const column of new Set(wanted)) {
    const times = names.filter((name) => name === column).length;
    if (times === 0) problems.add({ line: 1, column, found: `the columns ${listed(names)}`, expected: 'a column of this name in the header' });
    if (times > 1) problems.add({ line: 1, column, found: `${times} columns of this name`, expected: 'one' });
  }
  problems.throwIfAny();
  return wanted.map((column) => names.indexOf(column));
}

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', '?']);

/** Empty, or one of the usual marks: NA, N/A, NaN, null, ? in either case. */
export function isMissing(value: string): boolean {
  return MISSING.has(value.trim().toLowerCase());
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function decode(file: string, input: string | Uint8Array): string {
  if (typeof input === 'string') return input.startsWith('\uFEFF') ? input.slice(1) : input;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input);
  } catch (cause) {
    const readable = new TextDecoder('utf-8').decode(input);
    const line = newlines(readable.slice(0, readable.indexOf('\uFFFD')).replace(/\r\n?/g, '\n')) + 1;
    throw badDataset(file, { line, found: 'bytes that are no UTF-8', expected: 'UTF-8 text: save the file in that encoding' }, cause);
  }
}

/** Counted outside quotes, up to the end of the header. */
function delimiterOf(text: string): string {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoting = false;
  for (let i = text.search(/[^\n]/); i >= 0 && i < text.length; i++) {
    const character = text[i];
    if (character === '"') quoting = !quoting;
    else if (!quoting && character === '\n') break;
    else if (!quoting && counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  return DELIMITERS.reduce((best, next) => ((counts.get(next) ?? 0) > (counts.get(best) ?? 0) ? next : best));
}

/** csv-parse's own errors in our words; null for any other. */
function badQuotes(file: string, error: unknown, from: number): Error | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return badDataset(file, { line: from, found: 'a quote in this record that is never closed', expected: 'a closing " before the end of the file' }, error);
  }
  if (code === 'CSV_INVALID_CLOSING_QUOTE' || code === 'INVALID_OPENING_QUOTE') {
    const line = error instanceof Error && 'lines' in error ? Number(error.lines) : from;
    return badDataset(file, { line, found: `a quote in the middle of a value`, expected: `the whole value in quotes, with each ${quoted('"')} inside it doubled` }, error);
  }
  return null;
}
