// The inner loops that every product of matrices and every convolution comes down to: tiles of up to five rows and eight
// columns whose sums stay in registers. Ten sums, two vectors of b and one of a are what fits into the sixteen registers of
// x64; no other shape of tile was faster. Each sum goes over k in order: its bits depend on the operands alone, not on how the
// matrix is cut.
//
// A tile is a function with one loop and no call in it, and its callers have the loops around it: with a loop around it or
// a call after it, engines keep the sums in memory, at half the speed. For the same reason nothing may be inlined here.

/** Columns of a tile; b comes in panels of as many. */
export const COLUMNS: i32 = 8;
/** Bytes of a panel's row. */
export const PANEL_ROW: usize = 32;
/** Bytes that a tile takes that is not written where it belongs at once. */
export const TILE_BYTES: usize = 192;
const MOST_ROWS: i32 = 5;

/** Go on from the sums that lie in c. */
export const ACCUMULATE: i32 = 1;
/** Sums below zero become zero, after the bias. */
export const RELU: i32 = 2;
/** And those above six become six. */
export const RELU6: i32 = 4;
/** c becomes c − rate · sum. */
export const DESCEND: i32 = 8;

// The rows of a tile are known when it is compiled: each of these stands for the number that is its size.
@unmanaged class One { a: u8; }
@unmanaged class Two { a: u8; b: u8; }
@unmanaged class Three { a: u8; b: u8; c: u8; }
@unmanaged class Four { a: u8; b: u8; c: u8; d: u8; }
@unmanaged class Five { a: u8; b: u8; c: u8; d: u8; e: u8; }

/** sums[row][column] = Σ a[row][k] · b[k][column]. Rows of a lie `aRow` bytes apart, its values in a row `aInner`; k ends where b does. */
function tile<R>(goOn: bool, a: usize, aRow: usize, aInner: usize, b: usize, end: usize, bRow: usize, sums: usize, sumsRow: usize): void {
  let low0 = f32x4.splat(0), high0 = low0;
  let low1 = f32x4.splat(0), high1 = low1;
  let low2 = f32x4.splat(0), high2 = low2;
  let low3 = f32x4.splat(0), high3 = low3;
  let low4 = f32x4.splat(0), high4 = low4;
  if (goOn) {
    low0 = v128.load(sums);
    high0 = v128.load(sums, 16);
    if (offsetof<R>() > 1) { low1 = v128.load(sums + sumsRow); high1 = v128.load(sums + sumsRow, 16); }
    if (offsetof<R>() > 2) { low2 = v128.load(sums + 2 * sumsRow); high2 = v128.load(sums + 2 * sumsRow, 16); }
    if (offsetof<R>() > 3) { low3 = v128.load(sums + 3 * sumsRow); high3 = v128.load(sums + 3 * sumsRow, 16); }
    if (offsetof<R>() > 4) { low4 = v128.load(sums + 4 * sumsRow); high4 = v128.load(sums + 4 * sumsRow, 16); }
  }
  let a0 = a, a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow;
  for (; b < end; b += bRow) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const x0 = v128.load32_splat(a0);
    low0 = f32x4.add(low0, f32x4.mul(x0, left));
    high0 = f32x4.add(high0, f32x4.mul(x0, right));
    a0 += aInner;
    if (offsetof<R>() > 1) {
      const x = v128.load32_splat(a1);
      low1 = f32x4.add(low1, f32x4.mul(x, left));
      high1 = f32x4.add(high1, f32x4.mul(x, right));
      a1 += aInner;
    }
    if (offsetof<R>() > 2) {
      const x = v128.load32_splat(a2);
      low2 = f32x4.add(low2, f32x4.mul(x, left));
      high2 = f32x4.add(high2, f32x4.mul(x, right));
      a2 += aInner;
    }
    if (offsetof<R>() > 3) {
      const x = v128.load32_splat(a3);
      low3 = f32x4.add(low3, f32x4.mul(x, left));
      high3 = f32x4.add(high3, f32x4.mul(x, right));
      a3 += aInner;
    }
    if (offsetof<R>() > 4) {
      const x = v128.load32_splat(a4);
      low4 = f32x4.add(low4, f32x4.mul(x, left));
      high4 = f32x4.add(high4, f32x4.mul(x, right));
      a4 += aInner;
    }
  }
  v128.store(sums, low0);
  v128.store(sums, high0, 16);
  if (offsetof<R>() > 1) { v128.store(sums + sumsRow, low1); v128.store(sums + sumsRow, high1, 16); }
  if (offsetof<R>() > 2) { v128.store(sums + 2 * sumsRow, low2); v128.store(sums + 2 * sumsRow, high2, 16); }
  if (offsetof<R>() > 3) { v128.store(sums + 3 * sumsRow, low3); v128.store(sums + 3 * sumsRow, high3, 16); }
  if (offsetof<R>() > 4) { v128.store(sums + 4 * sumsRow, low4); v128.store(sums + 4 * sumsRow, high4, 16); }
}

/** The same with values of a wherever `steps` says, for each k: bytes from the beginning of the row. */
function scatteredTile<R>(goOn: bool, a: usize, aRow: usize, steps: usize, b: usize, end: usize, sums: usize, sumsRow: usize): void {
  let low0 = f32x4.splat(0), high0 = low0;
  let low1 = f32x4.splat(0), high1 = low1;
  let low2 = f32x4.splat(0), high2 = low2;
  let low3 = f32x4.splat(0), high3 = low3;
  let low4 = f32x4.splat(0), high4 = low4;
  if (goOn) {
    low0 = v128.load(sums);
    high0 = v128.load(sums, 16);
    if (offsetof<R>() > 1) { low1 = v128.load(sums + sumsRow); high1 = v128.load(sums + sumsRow, 16); }
    if (offsetof<R>() > 2) { low2 = v128.load(sums + 2 * sumsRow); high2 = v128.load(sums + 2 * sumsRow, 16); }
    if (offsetof<R>() > 3) { low3 = v128.load(sums + 3 * sumsRow); high3 = v128.load(sums + 3 * sumsRow, 16); }
    if (offsetof<R>() > 4) { low4 = v128.load(sums + 4 * sumsRow); high4 = v128.load(sums + 4 * sumsRow, 16); }
  }
  const a0 = a, a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow, a4 = a3 + aRow;
  for (; b < end; b += PANEL_ROW) {
    const k = <usize>load<u32>(steps);
    steps += 4;
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const x0 = v128.load32_splat(a0 + k);
    low0 = f32x4.add(low0, f32x4.mul(x0, left));
    high0 = f32x4.add(high0, f32x4.mul(x0, right));
    if (offsetof<R>() > 1) {
      const x = v128.load32_splat(a1 + k);
      low1 = f32x4.add(low1, f32x4.mul(x, left));
      high1 = f32x4.add(high1, f32x4.mul(x, right));
    }
    if (offsetof<R>() > 2) {
      const x = v128.load32_splat(a2 + k);
      low2 = f32x4.add(low2, f32x4.mul(x, left));
      high2 = f32x4.add(high2, f32x4.mul(x, right));
    }
    if (offsetof<R>() > 3) {
      const x = v128.load32_splat(a3 + k);
      low3 = f32x4.add(low3, f32x4.mul(x, left));
      high3 = f32x4.add(high3, f32x4.mul(x, right));
    }
    if (offsetof<R>() > 4) {
      const x = v128.load32_splat(a4 + k);
      low4 = f32x4.add(low4, f32x4.mul(x, left));
      high4 = f32x4.add(high4, f32x4.mul(x, right));
    }
  }
  v128.store(sums, low0);
  v128.store(sums, high0, 16);
  if (offsetof<R>() > 1) { v128.store(sums + sumsRow, low1); v128.store(sums + sumsRow, high1, 16); }
  if (offsetof<R>() > 2) { v128.store(sums + 2 * sumsRow, low2); v128.store(sums + 2 * sumsRow, high2, 16); }
  if (offsetof<R>() > 3) { v128.store(sums + 3 * sumsRow, low3); v128.store(sums + 3 * sumsRow, high3, 16); }
  if (offsetof<R>() > 4) { v128.store(sums + 4 * sumsRow, low4); v128.store(sums + 4 * sumsRow, high4, 16); }
}

/** The first `columns` floats, zeros behind them; nothing beyond them is read. */
function loadPart(at: usize, columns: i32): v128 {
  if (columns >= 4) return v128.load(at);
  let part = f32x4.splat(0);
  if (columns > 0) part = v128.load32_zero(at);
  if (columns > 1) part = v128.load_lane<f32>(at, part, 1, 4);
  if (columns > 2) part = v128.load_lane<f32>(at, part, 2, 8);
  return part;
}

function storePart(at: usize, part: v128, columns: i32): void {
  if (columns >= 4) return v128.store(at, part);
  if (columns > 0) v128.store_lane<f32>(at, part, 0);
  if (columns > 1) v128.store_lane<f32>(at, part, 1, 4);
  if (columns > 2) v128.store_lane<f32>(at, part, 2, 8);
}

/** Where a tile is not whole: the sums that it goes on from. */
function fetchTile(rows: i32, c: usize, cRow: usize, columns: i32, tile: usize): void {
  for (; rows > 0; rows--, c += cRow, tile += PANEL_ROW) {
    v128.store(tile, loadPart(c, columns));
    v128.store(tile, loadPart(c + 16, columns - 4), 16);
  }
}

/** Where a tile is not whole, or sums are not what is wanted: brings what they become to c. `rate` is the address of a float. */
function deliverTile(rows: i32, tile: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize): void {
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  let rates = zero, biasLow = zero, biasHigh = zero;
  if (flags & DESCEND) rates = v128.load32_splat(rate);
  if (bias) {
    biasLow = loadPart(bias, columns);
    biasHigh = loadPart(bias + 16, columns - 4);
  }
  for (; rows > 0; rows--, c += cRow, tile += PANEL_ROW) {
    let low = v128.load(tile);
    let high = v128.load(tile, 16);
    if (flags & DESCEND) {
      low = f32x4.sub(loadPart(c, columns), f32x4.mul(low, rates));
      high = f32x4.sub(loadPart(c + 16, columns - 4), f32x4.mul(high, rates));
    }
    if (bias) {
      low = f32x4.add(low, biasLow);
      high = f32x4.add(high, biasHigh);
    }
    if (flags & (RELU | RELU6)) {
      low = f32x4.pmax(low, zero);
      high = f32x4.pmax(high, zero);
    }
    if (flags & RELU6) {
      low = f32x4.pmin(low, six);
      high = f32x4.pmin(high, six);
    }
    storePart(c, low, columns);
    storePart(c + 16, high, columns - 4);
  }
}

/** The same for a whole tile that descends and does nothing else. */
function descendTile(rows: i32, tile: usize, c: usize, cRow: usize, rate: usize): void {
  const rates = v128.load32_splat(rate);
  for (; rows > 0; rows--, c += cRow, tile += PANEL_ROW) {
    v128.store(c, f32x4.sub(v128.load(c), f32x4.mul(v128.load(tile), rates)));
    v128.store(c, f32x4.sub(v128.load(c, 16), f32x4.mul(v128.load(tile, 16), rates)), 16);
  }
}

/** `count` tiles of the same height, one below the other. */
function tilesOf<R>(count: i32, a: usize, aRow: usize, aInner: usize, b: usize, end: usize, bRow: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize, scratch: usize): void {
  const goOn = (flags & ACCUMULATE) != 0;
  const atOnce = columns == COLUMNS && bias == 0 && (flags & ~ACCUMULATE) == 0;
  const descends = columns == COLUMNS && bias == 0 && flags == DESCEND;
  for (; count > 0; count--, a += offsetof<R>() * aRow, c += offsetof<R>() * cRow) {
    if (atOnce) {
      tile<R>(goOn, a, aRow, aInner, b, end, bRow, c, cRow);
    } else if (descends) {
      tile<R>(false, a, aRow, aInner, b, end, bRow, scratch, PANEL_ROW);
      descendTile(offsetof<R>(), scratch, c, cRow, rate);
    } else {
      if (goOn) fetchTile(offsetof<R>(), c, cRow, columns, scratch);
      tile<R>(goOn, a, aRow, aInner, b, end, bRow, scratch, PANEL_ROW);
      deliverTile(offsetof<R>(), scratch, c, cRow, columns, bias, flags, rate);
    }
  }
}

function scatteredTilesOf<R>(count: i32, a: usize, aRow: usize, steps: usize, b: usize, end: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize, scratch: usize): void {
  const goOn = (flags & ACCUMULATE) != 0;
  const atOnce = columns == COLUMNS && bias == 0 && (flags & ~ACCUMULATE) == 0;
  for (; count > 0; count--, a += offsetof<R>() * aRow, c += offsetof<R>() * cRow) {
    if (atOnce) {
      scatteredTile<R>(goOn, a, aRow, steps, b, end, c, cRow);
    } else {
      if (goOn) fetchTile(offsetof<R>(), c, cRow, columns, scratch);
      scatteredTile<R>(goOn, a, aRow, steps, b, end, scratch, PANEL_ROW);
      deliverTile(offsetof<R>(), scratch, c, cRow, columns, bias, flags, rate);
    }
  }
}

/**
 * Any number of rows times one panel, in tiles of nearly the same height: twelve are four, four and four, not five, five
 * and two. `b` to `end` is the panel, or a part of a matrix, its rows `bRow` bytes apart; `columns` of it count.
 * `scratch`: TILE_BYTES.
 */
export function panelProduct(rows: i32, a: usize, aRow: usize, aInner: usize, b: usize, end: usize, bRow: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize, scratch: usize): void {
  const tiles = (rows + MOST_ROWS - 1) / MOST_ROWS;
  const height = rows / tiles;
  const higher = rows - height * tiles;
  if (higher > 0) {
    panelProductOf(height + 1, higher, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
    a += <usize>((height + 1) * higher) * aRow;
    c += <usize>((height + 1) * higher) * cRow;
  }
  panelProductOf(height, tiles - higher, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
}

function panelProductOf(height: i32, count: i32, a: usize, aRow: usize, aInner: usize, b: usize, end: usize, bRow: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize, scratch: usize): void {
  switch (height) {
    case 1: return tilesOf<One>(count, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
    case 2: return tilesOf<Two>(count, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
    case 3: return tilesOf<Three>(count, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
    case 4: return tilesOf<Four>(count, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
    default: return tilesOf<Five>(count, a, aRow, aInner, b, end, bRow, c, cRow, columns, bias, flags, rate, scratch);
  }
}

/** The same with values of a wherever `steps` says. */
export function scatteredPanelProduct(rows: i32, a: usize, aRow: usize, steps: usize, b: usize, end: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize, scratch: usize): void {
  const tiles = (rows + MOST_ROWS - 1) / MOST_ROWS;
  const height = rows / tiles;
  const higher = rows - height * tiles;
  if (higher > 0) {
    scatteredPanelProductOf(height + 1, higher, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
    a += <usize>((height + 1) * higher) * aRow;
    c += <usize>((height + 1) * higher) * cRow;
  }
  scatteredPanelProductOf(height, tiles - higher, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
}

function scatteredPanelProductOf(height: i32, count: i32, a: usize, aRow: usize, steps: usize, b: usize, end: usize, c: usize, cRow: usize, columns: i32, bias: usize, flags: i32, rate: usize, scratch: usize): void {
  switch (height) {
    case 1: return scatteredTilesOf<One>(count, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
    case 2: return scatteredTilesOf<Two>(count, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
    case 3: return scatteredTilesOf<Three>(count, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
    case 4: return scatteredTilesOf<Four>(count, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
    default: return scatteredTilesOf<Five>(count, a, aRow, steps, b, end, c, cRow, columns, bias, flags, rate, scratch);
  }
}
