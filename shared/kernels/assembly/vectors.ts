// The centre's loops over whole reports. Pointers are byte addresses, counts are elements.
// What each computes, to the bit, is said by its twin in ../twins/vectors.ts.

/** Elements whose squares are added in float32 before they go into the float64 total. */
const SQUARES_BLOCK: usize = 512;

export function sumOfSquares(x: usize, count: usize): f64 {
  const whole = x + ((count & ~15) << 2);
  const end = x + (count << 2);
  let total: f64 = 0;
  while (x < whole) {
    // Four sums of four lanes: an addition need not wait for the one before it.
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    const stop = min(x + (SQUARES_BLOCK << 2), whole);
    for (; x < stop; x += 64) {
      const p = v128.load(x);
      const q = v128.load(x, 16);
      const r = v128.load(x, 32);
      const s = v128.load(x, 48);
      a = f32x4.add(a, f32x4.mul(p, p));
      b = f32x4.add(b, f32x4.mul(q, q));
      c = f32x4.add(c, f32x4.mul(r, r));
      d = f32x4.add(d, f32x4.mul(s, s));
    }
    a = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    total += <f64>f32x4.extract_lane(a, 0) + <f64>f32x4.extract_lane(a, 1) + <f64>f32x4.extract_lane(a, 2) + <f64>f32x4.extract_lane(a, 3);
  }
  for (; x < end; x += 4) {
    const value = <f64>load<f32>(x);
    total += value * value;
  }
  return total;
}

export function addScaled(sum: usize, x: usize, count: usize, scale: f32): void {
  const scales = f32x4.splat(scale);
  const whole = x + ((count & ~15) << 2);
  const end = x + (count << 2);
  for (; x < whole; x += 64, sum += 64) {
    v128.store(sum, f32x4.add(v128.load(sum), f32x4.mul(scales, v128.load(x))));
    v128.store(sum, f32x4.add(v128.load(sum, 16), f32x4.mul(scales, v128.load(x, 16))), 16);
    v128.store(sum, f32x4.add(v128.load(sum, 32), f32x4.mul(scales, v128.load(x, 32))), 32);
    v128.store(sum, f32x4.add(v128.load(sum, 48), f32x4.mul(scales, v128.load(x, 48))), 48);
  }
  for (; x < end; x += 4, sum += 4) store<f32>(sum, load<f32>(sum) + scale * load<f32>(x));
}

export function addScaledWide(sum: usize, x: usize, count: usize, scale: f64): void {
  const scales = f64x2.splat(scale);
  const whole = x + ((count & ~7) << 2);
  const end = x + (count << 2);
  for (; x < whole; x += 32, sum += 64) {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(scales, f64x2.promote_low_f32x4(p))));
    v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.mul(scales, f64x2.promote_low_f32x4(v128.shuffle<i32>(p, p, 2, 3, 2, 3)))), 16);
    v128.store(sum, f64x2.add(v128.load(sum, 32), f64x2.mul(scales, f64x2.promote_low_f32x4(q))), 32);
    v128.store(sum, f64x2.add(v128.load(sum, 48), f64x2.mul(scales, f64x2.promote_low_f32x4(v128.shuffle<i32>(q, q, 2, 3, 2, 3)))), 48);
  }
  for (; x < end; x += 4, sum += 8) store<f64>(sum, load<f64>(sum) + scale * <f64>load<f32>(x));
}

export function foldWide(sum: usize, block: usize, count: usize): void {
  const zero = f32x4.splat(0);
  const whole = block + ((count & ~3) << 2);
  const end = block + (count << 2);
  for (; block < whole; block += 16, sum += 32) {
    const x = v128.load(block);
    v128.store(block, zero);
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.promote_low_f32x4(x)));
    v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3))), 16);
  }
  for (; block < end; block += 4, sum += 8) {
    store<f64>(sum, load<f64>(sum) + <f64>load<f32>(block));
    store<f32>(block, 0);
  }
}
