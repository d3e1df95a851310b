/** A step's examples as lists of what is not zero, beside x or in its place; ../../kernels/twins/sparse.ts says how they lie. */
import { readBy, type Operation, type Program, type Value } from './program.ts';

/** Filled in while a plan is made, and before each step. */
export interface SparseBatch {
  /** The step's input; [rows, columns] whatever the shape of an example. */
  readonly x: Value;
  readonly rows: number;
  readonly columns: number;
  /** Address of the table of the rows; of the columns, and of their entries, where an operation reads them. */
  at: { readonly rows: number; readonly columns: number; readonly entries: number };
  /** Whether this step's examples are given so. */
  present: boolean;
}

/** What an operation reads of the examples: their rows alone, or their columns too. */
export type SparseRead = 'rows' | 'columns';

/** What a step wants of its examples. */
export interface SparseWants {
  readonly rows: boolean;
  readonly columns: boolean;
  /** Some operation reads x itself all the same. */
  readonly x: boolean;
}

export function createSparseBatch({ values }: Program): SparseBatch {
  const x = values.find(({ origin }) => origin === 'x') as Value;
  const rows = x.examples ?? 0;
  return { x, rows, columns: x.elements / Math.max(1, rows), at: { rows: 0, columns: 0, entries: 0 }, present: false };
}

export function wantsOf({ x }: SparseBatch, operations: readonly Operation[], lowered: readonly { readonly sparse?: SparseRead }[]): SparseWants {
  return {
    rows: lowered.some(({ sparse }) => sparse !== undefined),
    columns: lowered.some(({ sparse }) => sparse === 'columns'),
    x: operations.some((operation, i) => lowered[i].sparse === undefined && readBy(operation).some(({ value }) => value === x)),
  };
}

/** Bytes of the tables and entries. */
export function sparseBytes({ rows, columns }: SparseBatch, wants: SparseWants): number {
  return wants.rows ? 8 * (rows + (wants.columns ? columns + rows * columns : 0)) : 0;
}

export function placeSparse(batch: SparseBatch, address: number): void {
  const columns = address + 8 * batch.rows;
  batch.at = { rows: address, columns, entries: columns + 8 * batch.columns };
}
