// Products whose left side is given by what of it is not zero. ../twins/sparse.ts says what they compute, to the bit.
//
// As in tiles.ts, a tile of sums is a function with one loop and no call in it, or engines keep the sums in memory. What is
// called from several places is not inlined by the compiler: hence the two calls in a row. The tiles that descend have
// short lists, a few examples each: there a call costs more than it gains.
import { DESCEND, RELU, RELU6 } from './tiles';

/** Columns of the three tiles: 32, 8 and 1. */
const WIDE: i32 = 32;
const NARROW: i32 = 8;

function wideSums(entry: usize, end: usize, b: usize, bRow: usize, sums: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<u32>(entry) * bRow;
    const x = v128.load32_splat(entry, 4);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(row, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(row, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(row, 64)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(row, 80)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(row, 96)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(row, 112)));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
  v128.store(sums, s4, 64);
  v128.store(sums, s5, 80);
  v128.store(sums, s6, 96);
  v128.store(sums, s7, 112);
}

function narrowSums(entry: usize, end: usize, b: usize, bRow: usize, sums: usize): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<u32>(entry) * bRow;
    const x = v128.load32_splat(entry, 4);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
}

function oneSum(entry: usize, end: usize, b: usize, bRow: usize, sum: usize): void {
  let s: f32 = 0;
  for (; entry < end; entry += 8) s += load<f32>(entry, 4) * load<f32>(b + <usize>load<u32>(entry) * bRow);
  store<f32>(sum, s);
}

function wideDescent(entry: usize, end: usize, b: usize, bRow: usize, c: usize, rate: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<u32>(entry) * bRow;
    const x = v128.load32_splat(entry, 4);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(row, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(row, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(row, 64)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(row, 80)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(row, 96)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(row, 112)));
  }
  const rates = v128.load32_splat(rate);
  v128.store(c, f32x4.sub(v128.load(c), f32x4.mul(s0, rates)));
  v128.store(c, f32x4.sub(v128.load(c, 16), f32x4.mul(s1, rates)), 16);
  v128.store(c, f32x4.sub(v128.load(c, 32), f32x4.mul(s2, rates)), 32);
  v128.store(c, f32x4.sub(v128.load(c, 48), f32x4.mul(s3, rates)), 48);
  v128.store(c, f32x4.sub(v128.load(c, 64), f32x4.mul(s4, rates)), 64);
  v128.store(c, f32x4.sub(v128.load(c, 80), f32x4.mul(s5, rates)), 80);
  v128.store(c, f32x4.sub(v128.load(c, 96), f32x4.mul(s6, rates)), 96);
  v128.store(c, f32x4.sub(v128.load(c, 112), f32x4.mul(s7, rates)), 112);
}

function narrowDescent(entry: usize, end: usize, b: usize, bRow: usize, c: usize, rate: usize): void {
  let s0 = f32x4.splat(0), s1 = s0;
  for (; entry < end; entry += 8) {
    const row = b + <usize>load<u32>(entry) * bRow;
    const x = v128.load32_splat(entry, 4);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(row)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(row, 16)));
  }
  const rates = v128.load32_splat(rate);
  v128.store(c, f32x4.sub(v128.load(c), f32x4.mul(s0, rates)));
  v128.store(c, f32x4.sub(v128.load(c, 16), f32x4.mul(s1, rates)), 16);
}

function oneDescent(entry: usize, end: usize, b: usize, bRow: usize, c: usize, rate: usize): void {
  let s: f32 = 0;
  for (; entry < end; entry += 8) s += load<f32>(entry, 4) * load<f32>(b + <usize>load<u32>(entry) * bRow);
  store<f32>(c, load<f32>(c) - s * load<f32>(rate));
}

/** Bias and activation of a row of sums. */
function finishRow(c: usize, n: i32, bias: usize, flags: i32): void {
  const zero = f32x4.splat(0);
  const six = f32x4.splat(6);
  const relu = (flags & (RELU | RELU6)) != 0;
  const relu6 = (flags & RELU6) != 0;
  for (; n >= 4; n -= 4, c += 16) {
    let sums = v128.load(c);
    if (bias) {
      sums = f32x4.add(sums, v128.load(bias));
      bias += 16;
    }
    if (relu) sums = f32x4.pmax(sums, zero);
    if (relu6) sums = f32x4.pmin(sums, six);
    v128.store(c, sums);
  }
  for (; n > 0; n--, c += 4) {
    let sum = load<f32>(c);
    if (bias) {
      sum += load<f32>(bias);
      bias += 4;
    }
    if (relu && sum < 0) sum = 0;
    if (relu6 && sum > 6) sum = 6;
    store<f32>(c, sum);
  }
}

export function sparseProduct(lists: usize, m: i32, b: usize, c: usize, n: i32, bias: usize, flags: i32, rate: usize): void {
  const bRow = <usize>n << 2;
  if (flags & DESCEND) {
    // Zero times a rate below zero is −0, which a weight of −0 does not outlast.
    const skips = load<i32>(rate) >= 0;
    for (; m > 0; m--, lists += 8, c += bRow) {
      const from = <usize>load<u32>(lists), end = <usize>load<u32>(lists, 4);
      if (skips && from == end) continue;
      let column = 0;
      for (; column + WIDE <= n; column += WIDE) wideDescent(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2), rate);
      for (; column + NARROW <= n; column += NARROW) narrowDescent(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2), rate);
      for (; column < n; column++) oneDescent(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2), rate);
    }
    return;
  }
  const finishes = bias != 0 || flags != 0;
  for (; m > 0; m--, lists += 8, c += bRow) {
    const from = <usize>load<u32>(lists), end = <usize>load<u32>(lists, 4);
    let column = 0;
    for (; column + 2 * WIDE <= n; column += 2 * WIDE) {
      wideSums(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2));
      wideSums(from, end, b + (<usize>(column + WIDE) << 2), bRow, c + (<usize>(column + WIDE) << 2));
    }
    if (column + WIDE <= n) {
      wideSums(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2));
      column += WIDE;
    }
    for (; column + NARROW <= n; column += NARROW) narrowSums(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2));
    for (; column < n; column++) oneSum(from, end, b + (<usize>column << 2), bRow, c + (<usize>column << 2));
    if (finishes) finishRow(c, n, bias, flags);
  }
}

export function countNonZero(x: usize, count: usize): usize {
  let found: usize = 0;
  const end = x + (count << 2);
  const zero = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) found += <usize>popcnt<i32>(i32x4.bitmask(f32x4.ne(v128.load(x), zero)));
  for (; x < end; x += 4) if (load<f32>(x) != 0) found++;
  return found;
}

export function sparseRows(x: usize, rows: usize, columns: usize, lists: usize, entries: usize): void {
  const zero = f32x4.splat(0);
  const whole = columns & ~3;
  for (; rows > 0; rows--, lists += 8) {
    store<u32>(lists, <u32>entries);
    let column: usize = 0;
    for (; column < whole; column += 4, x += 16) {
      if (!v128.any_true(f32x4.ne(v128.load(x), zero))) continue;
      for (let i: usize = 0; i < 4; i++) {
        const value = load<f32>(x + (i << 2));
        if (value == 0) continue;
        store<u32>(entries, <u32>(column + i));
        store<f32>(entries, value, 4);
        entries += 8;
      }
    }
    for (; column < columns; column++, x += 4) {
      const value = load<f32>(x);
      if (value == 0) continue;
      store<u32>(entries, <u32>column);
      store<f32>(entries, value, 4);
      entries += 8;
    }
    store<u32>(lists, <u32>entries, 4);
  }
}

export function sparseColumns(lists: usize, rows: usize, columns: usize, out: usize, entries: usize): void {
  const outEnd = out + (columns << 3);
  memory.fill(out, 0, columns << 3);
  const listsEnd = lists + (rows << 3);
  for (let list = lists; list < listsEnd; list += 8) {
    const end = <usize>load<u32>(list, 4);
    for (let entry = <usize>load<u32>(list); entry < end; entry += 8) {
      const at = out + (<usize>load<u32>(entry) << 3);
      store<u32>(at, load<u32>(at, 4) + 8, 4);
    }
  }
  // From sizes to where each list begins; its end follows as it is filled.
  for (let at = out; at < outEnd; at += 8) {
    const size = load<u32>(at, 4);
    store<u32>(at, <u32>entries);
    store<u32>(at, <u32>entries, 4);
    entries += size;
  }
  let row: u32 = 0;
  for (let list = lists; list < listsEnd; list += 8, row++) {
    const end = <usize>load<u32>(list, 4);
    for (let entry = <usize>load<u32>(list); entry < end; entry += 8) {
      const at = out + (<usize>load<u32>(entry) << 3);
      const to = <usize>load<u32>(at, 4);
      store<u32>(to, row);
      store<u32>(to, load<u32>(entry, 4), 4);
      store<u32>(at, <u32>(to + 8), 4);
    }
  }
}
