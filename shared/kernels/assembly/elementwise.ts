// Arithmetic element by element on float32. ../twins/elementwise.ts says what it computes.

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;

// `which` is a constant wherever these are used: one branch of each is left.

// @ts-ignore: decorator
@inline
function four(which: i32, x: v128, y: v128): v128 {
  if (which == ADD) return f32x4.add(x, y);
  if (which == SUBTRACT) return f32x4.sub(x, y);
  if (which == MULTIPLY) return f32x4.mul(x, y);
  return f32x4.div(x, y);
}

// @ts-ignore: decorator
@inline
function one(which: i32, x: f32, y: f32): f32 {
  if (which == ADD) return x + y;
  if (which == SUBTRACT) return x - y;
  if (which == MULTIPLY) return x * y;
  return x / y;
}

// @ts-ignore: decorator
@inline
function binary(which: i32, a: usize, b: usize, out: usize, rows: usize, columns: usize, aRow: usize, aColumn: usize, bRow: usize, bColumn: usize): void {
  for (; rows > 0; rows--) {
    let x = a;
    let y = b;
    const whole = out + ((columns & ~3) << 2);
    const end = out + (columns << 2);
    if (aColumn & bColumn) {
      for (; out < whole; out += 16, x += 16, y += 16) v128.store(out, four(which, v128.load(x), v128.load(y)));
    } else if (bColumn) {
      const value = v128.load32_splat(x);
      for (; out < whole; out += 16, y += 16) v128.store(out, four(which, value, v128.load(y)));
    } else {
      const value = v128.load32_splat(y);
      for (; out < whole; out += 16, x += aColumn << 4) v128.store(out, four(which, aColumn ? v128.load(x) : v128.load32_splat(x), value));
    }
    for (; out < end; out += 4, x += aColumn << 2, y += bColumn << 2) store<f32>(out, one(which, load<f32>(x), load<f32>(y)));
    a += aRow << 2;
    b += bRow << 2;
  }
}

export function addArrays(a: usize, b: usize, out: usize, rows: usize, columns: usize, aRow: usize, aColumn: usize, bRow: usize, bColumn: usize): void {
  binary(ADD, a, b, out, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function subtractArrays(a: usize, b: usize, out: usize, rows: usize, columns: usize, aRow: usize, aColumn: usize, bRow: usize, bColumn: usize): void {
  binary(SUBTRACT, a, b, out, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function multiplyArrays(a: usize, b: usize, out: usize, rows: usize, columns: usize, aRow: usize, aColumn: usize, bRow: usize, bColumn: usize): void {
  binary(MULTIPLY, a, b, out, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function divideArrays(a: usize, b: usize, out: usize, rows: usize, columns: usize, aRow: usize, aColumn: usize, bRow: usize, bColumn: usize): void {
  binary(DIVIDE, a, b, out, rows, columns, aRow, aColumn, bRow, bColumn);
}

export function descend(w: usize, gradient: usize, rate: usize, out: usize, count: usize): void {
  const rates = v128.load32_splat(rate);
  const factor = load<f32>(rate);
  const whole = out + ((count & ~7) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 32, w += 32, gradient += 32) {
    v128.store(out, f32x4.sub(v128.load(w), f32x4.mul(v128.load(gradient), rates)));
    v128.store(out, f32x4.sub(v128.load(w, 16), f32x4.mul(v128.load(gradient, 16), rates)), 16);
  }
  for (; out < end; out += 4, w += 4, gradient += 4) store<f32>(out, load<f32>(w) - load<f32>(gradient) * factor);
}

export function reluArray(x: usize, out: usize, count: usize): void {
  const zero = f32x4.splat(0);
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  // What is below zero becomes 0, and so does −0; NaN stays.
  for (; out < whole; out += 16, x += 16) v128.store(out, f32x4.max(v128.load(x), zero));
  for (; out < end; out += 4, x += 4) store<f32>(out, max<f32>(load<f32>(x), 0));
}

// @ts-ignore: decorator
@inline
function steps(x: v128, alpha: v128): v128 {
  const step = v128.bitselect(f32x4.splat(1), alpha, f32x4.gt(x, f32x4.splat(0)));
  return v128.bitselect(step, x, f32x4.eq(x, x));
}

// @ts-ignore: decorator
@inline
function step(x: f32, alpha: f32): f32 {
  return x != x ? x : x > 0 ? 1 : alpha;
}

export function stepArray(x: usize, out: usize, count: usize, alpha: f32): void {
  const alphas = f32x4.splat(alpha);
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16) v128.store(out, steps(v128.load(x), alphas));
  for (; out < end; out += 4, x += 4) store<f32>(out, step(load<f32>(x), alpha));
}

export function multiplyByStep(a: usize, x: usize, out: usize, count: usize, alpha: f32): void {
  const alphas = f32x4.splat(alpha);
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16, a += 16) v128.store(out, f32x4.mul(v128.load(a), steps(v128.load(x), alphas)));
  for (; out < end; out += 4, x += 4, a += 4) store<f32>(out, load<f32>(a) * step(load<f32>(x), alpha));
}

export function negateArray(x: usize, out: usize, count: usize): void {
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16) v128.store(out, f32x4.neg(v128.load(x)));
  for (; out < end; out += 4, x += 4) store<f32>(out, -load<f32>(x));
}

export function clampArray(x: usize, out: usize, count: usize, least: f32, most: f32): void {
  const low = f32x4.splat(least);
  const high = f32x4.splat(most);
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16) v128.store(out, f32x4.pmin(high, f32x4.pmax(low, v128.load(x))));
  for (; out < end; out += 4, x += 4) {
    const value = load<f32>(x);
    const raised = least < value ? value : least;
    store<f32>(out, raised < most ? raised : most);
  }
}

export function whereWithin(x: usize, a: usize, out: usize, count: usize, least: f32, most: f32): void {
  const low = f32x4.splat(least);
  const high = f32x4.splat(most);
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16, a += 16) {
    const value = v128.load(x);
    v128.store(out, v128.and(v128.load(a), v128.and(f32x4.ge(value, low), f32x4.le(value, high))));
  }
  for (; out < end; out += 4, x += 4, a += 4) {
    const value = load<f32>(x);
    store<f32>(out, value >= least && value <= most ? load<f32>(a) : 0);
  }
}

export function floatsOfInts(x: usize, out: usize, count: usize): void {
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16) v128.store(out, f32x4.convert_i32x4_s(v128.load(x)));
  for (; out < end; out += 4, x += 4) store<f32>(out, <f32>load<i32>(x));
}

export function floatsOfBools(x: usize, out: usize, count: usize): void {
  for (const end = out + (count << 2); out < end; out += 4, x++) store<f32>(out, <f32>load<u8>(x));
}
