/** What a statistic reads at an edge: columns as they stand in its files, missing values left missing. */

/** Numbers. Row i has the `width` values from `i · width` on; each means `values[j] · scale`, NaN means missing. */
export interface NumericColumn {
  readonly type: 'numeric';
  readonly values: Float64Array | Float32Array | Uint8Array;
  /** 1 but for images, whose rows hold every pixel. */
  readonly width: number;
  readonly scale: number;
}

/** One of `values` a row, by its index; −1 means missing. */
export interface CategoricalColumn {
  readonly type: 'categorical';
  readonly codes: Int32Array;
  /** The values that the data contract names come first, in its order; what else was found follows. */
  readonly values: readonly string[];
}

export type Column = NumericColumn | CategoricalColumn;

export interface ColumnTable {
  readonly rows: number;
  /** By name; an optional column that this edge lacks is not there. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Where it came from, for people. */
  readonly source: string;
}

/** Calls back with every value that is not missing, scaled. */
export function eachNumber({ values, scale }: NumericColumn, visit: (value: number) => void): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] * scale;
    if (value === value) visit(value);
  }
}

/** Cells of a column and how many of them hold something. */
export function countCells(column: Column): { readonly cells: number; readonly held: number } {
  const cells = column.type === 'numeric' ? column.values.length : column.codes.length;
  let missing = 0;
  if (column.type === 'categorical') for (const code of column.codes) missing += code < 0 ? 1 : 0;
  // Bytes are never missing.
  else if (!(column.values instanceof Uint8Array)) for (const value of column.values) missing += Number.isNaN(value) ? 1 : 0;
  return { cells, held: cells - missing };
}

/** Every value that is not missing as text, with how often it occurs: what sketches of items are fed with. */
export function countItems(column: Column): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (item: string): void => void counts.set(item, (counts.get(item) ?? 0) + 1);
  if (column.type === 'categorical') {
    for (const code of column.codes) if (code >= 0) add(column.values[code]);
  } else {
    // −0 and 0 are one number.
    eachNumber(column, (value) => add(String(value + 0)));
  }
  return counts;
}
