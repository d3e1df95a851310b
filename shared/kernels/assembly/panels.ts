// Laying the right side of a product out as panels: eight columns, one row after the other, zeros where there is no column.
import { COLUMNS, PANEL_ROW } from './tiles';

/** b[k][column] lies at b + k · bRow + 4 · column. */
export function packRows(b: usize, bRow: usize, k: i32, columns: i32, panel: usize): void {
  if (columns >= COLUMNS) {
    for (; k > 0; k--, b += bRow, panel += PANEL_ROW) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
    }
    return;
  }
  for (; k > 0; k--, b += bRow, panel += PANEL_ROW) {
    for (let column = 0; column < COLUMNS; column++) store<f32>(panel + (column << 2), column < columns ? load<f32>(b + (column << 2)) : 0);
  }
}

/** b[k][column] lies at b + column · bColumn + 4 · k: its rows become columns. */
export function packColumns(b: usize, bColumn: usize, k: i32, columns: i32, panel: usize): void {
  if (columns >= COLUMNS) {
    for (; k >= 4; k -= 4, b += 16, panel += 4 * PANEL_ROW) {
      transposeFour(b, bColumn, panel);
      transposeFour(b + 4 * bColumn, bColumn, panel + 16);
    }
  }
  for (; k > 0; k--, b += 4, panel += PANEL_ROW) {
    for (let column = 0; column < COLUMNS; column++) store<f32>(panel + (column << 2), column < columns ? load<f32>(b + <usize>column * bColumn) : 0);
  }
}

/** Four rows of four floats, `stride` bytes apart, become the columns of four rows of a panel. */
@inline function transposeFour(from: usize, stride: usize, panel: usize): void {
  const p = v128.load(from);
  const q = v128.load(from + stride);
  const r = v128.load(from + 2 * stride);
  const s = v128.load(from + 3 * stride);
  const pqLow = v128.shuffle<i32>(p, q, 0, 4, 1, 5);
  const pqHigh = v128.shuffle<i32>(p, q, 2, 6, 3, 7);
  const rsLow = v128.shuffle<i32>(r, s, 0, 4, 1, 5);
  const rsHigh = v128.shuffle<i32>(r, s, 2, 6, 3, 7);
  v128.store(panel, v128.shuffle<i64>(pqLow, rsLow, 0, 2));
  v128.store(panel, v128.shuffle<i64>(pqLow, rsLow, 1, 3), 32);
  v128.store(panel, v128.shuffle<i64>(pqHigh, rsHigh, 0, 2), 64);
  v128.store(panel, v128.shuffle<i64>(pqHigh, rsHigh, 1, 3), 96);
}
