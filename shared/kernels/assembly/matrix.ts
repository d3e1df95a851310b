// Products of matrices. What they compute, to the bit, is said by the twin in ../twins/matrix.ts.
import { packColumns, packRows } from './panels';
import { ACCUMULATE, COLUMNS, DESCEND, panelProduct, PANEL_ROW, TILE_BYTES } from './tiles';

/** At most so many k at a time: a panel of them, 16 KB, and the tile's rows of a stay in the first cache. */
const K_BLOCK: i32 = 512;
/** So many rows at a time, which then lie in the second cache for one panel after the other. */
const ROW_BLOCK: i32 = 128;
/** With two tiles or fewer below each other, laying out a panel costs more than reading b where it lies. */
const ROWS_IN_PLACE: i32 = 10;

export function matrixProduct(
  a: usize, aRow: usize, aInner: usize, aNext: usize,
  b: usize, bInner: usize, bColumn: usize, bNext: usize,
  c: usize, count: i32, m: i32, n: i32, k: i32,
  bias: usize, flags: i32, rate: usize, scratch: usize,
): void {
  for (; count > 0; count--, a += aNext, b += bNext, c += <usize>(m * n) << 2) {
    for (let top = 0; top < m; top += ROW_BLOCK) {
      rowsProduct(min(ROW_BLOCK, m - top), m, a + <usize>top * aRow, aRow, aInner, b, bInner, bColumn, c + (<usize>(top * n) << 2), n, k, bias, flags, rate, scratch);
    }
  }
}

function rowsProduct(
  rows: i32, m: i32, a: usize, aRow: usize, aInner: usize, b: usize, bInner: usize, bColumn: usize, c: usize,
  n: i32, k: i32, bias: usize, flags: i32, rate: usize, scratch: usize,
): void {
  // A panel's rows should not lie across two lines of the cache.
  const tile = (scratch + 63) & ~63;
  const panel = tile + TILE_BYTES;
  const blocks = flags & DESCEND ? 1 : max(1, (k + K_BLOCK - 1) / K_BLOCK);
  const block = (k + blocks - 1) / blocks;
  let from = 0;
  do {
    const inner = min(block, k - from);
    const isLast = from + inner >= k;
    const how = (from > 0 ? ACCUMULATE : 0) | (isLast ? flags : 0);
    for (let column = 0; column < n; column += COLUMNS) {
      const columns = min(COLUMNS, n - column);
      let right = b + <usize>from * bInner + <usize>column * bColumn;
      let rightRow = bInner;
      if (bColumn != 4 || columns < COLUMNS || m > ROWS_IN_PLACE) {
        if (bColumn != 4) packColumns(right, bColumn, inner, columns, panel);
        else packRows(right, bInner, inner, columns, panel);
        right = panel;
        rightRow = PANEL_ROW;
      }
      const offset = <usize>column << 2;
      panelProduct(rows, a + <usize>from * aInner, aRow, aInner, right, right + <usize>inner * rightRow, rightRow, c + offset, <usize>n << 2, columns, isLast && bias ? bias + offset : 0, how, rate, tile);
    }
    from += inner;
  } while (from < k);
}
