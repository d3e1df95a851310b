// Rows of float32 matrices: sums and copies. ../twins/rows.ts says what they compute.

export function sumColumns(x: usize, rows: usize, columns: usize, out: usize): void {
  const stride = columns << 2;
  let at: usize = 0;
  const wide = (columns & ~15) << 2;
  const whole = (columns & ~3) << 2;
  for (; at < wide; at += 64) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    let from = x + at;
    for (let row: usize = 0; row < rows; row++, from += stride) {
      a = f32x4.add(a, v128.load(from));
      b = f32x4.add(b, v128.load(from, 16));
      c = f32x4.add(c, v128.load(from, 32));
      d = f32x4.add(d, v128.load(from, 48));
    }
    v128.store(out + at, a);
    v128.store(out + at, b, 16);
    v128.store(out + at, c, 32);
    v128.store(out + at, d, 48);
  }
  for (; at < whole; at += 16) {
    let a = f32x4.splat(0);
    let from = x + at;
    for (let row: usize = 0; row < rows; row++, from += stride) a = f32x4.add(a, v128.load(from));
    v128.store(out + at, a);
  }
  for (; at < stride; at += 4) {
    let a: f32 = 0;
    let from = x + at;
    for (let row: usize = 0; row < rows; row++, from += stride) a += load<f32>(from);
    store<f32>(out + at, a);
  }
}

export function sumRows(x: usize, rows: usize, columns: usize, out: usize): void {
  for (; rows > 0; rows--, out += 4) {
    let sum: f32 = 0;
    for (const end = x + (columns << 2); x < end; x += 4) sum += load<f32>(x);
    store<f32>(out, sum);
  }
}

export function copyBlocks(from: usize, to: usize, outer: usize, inner: usize, columns: usize, fromOuter: usize, fromInner: usize, toOuter: usize, toInner: usize): void {
  const bytes = columns << 2;
  const whole = (columns & ~3) << 2;
  for (; outer > 0; outer--, from += fromOuter << 2, to += toOuter << 2) {
    let source = from;
    let target = to;
    for (let i: usize = 0; i < inner; i++, source += fromInner << 2, target += toInner << 2) {
      let at: usize = 0;
      for (; at < whole; at += 16) v128.store(target + at, v128.load(source + at));
      for (; at < bytes; at += 4) store<u32>(target + at, load<u32>(source + at));
    }
  }
}

export function gatherRows(x: usize, rows: usize, columns: usize, indices: usize, count: usize, out: usize): isize {
  const bytes = columns << 2;
  const whole = (columns & ~3) << 2;
  for (let i: usize = 0; i < count; i++) {
    const row = load<u32>(indices + (i << 2));
    if (row >= <u32>rows) return i;
    const source = x + row * bytes;
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(out + at, v128.load(source + at));
    for (; at < bytes; at += 4) store<u32>(out + at, load<u32>(source + at));
    out += bytes;
  }
  return -1;
}
