// Activations that are no arithmetic. ../twins/activation.ts says what they compute.

/** tanh below 5/8: x + x³ · P(x²), P fitted at Chebyshev's points. Above: 1 − 2 / (e^2x + 1). */
function hyperbolicTangents(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(f32x4.splat(-0.006104947999119759), square), f32x4.splat(0.021003641188144684));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-0.05385249853134155));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(0.13332782685756683));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-0.333333283662796));
  const near = f32x4.add(x, f32x4.mul(x, f32x4.mul(square, p)));

  // Beyond 9.1 the result is ±1.
  const limited = f32x4.min(size, f32x4.splat(9.1));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(exponentials(f32x4.add(limited, limited)), one)));
  // The sign is that of x, also of a zero.
  return v128.bitselect(x, v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(0.625))), i32x4.splat(0x80000000));
}

/** e^x where the result is a normal number: 2^n · (1 + r + r² · Q(r)), x = n · ln 2 + r, Q fitted at Chebyshev's points. */
// @ts-ignore: decorator
@inline
function exponentials(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts, so that n times the first is exact.
  const r = f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-0.00021219444170128554)));
  let q = f32x4.add(f32x4.mul(f32x4.splat(0.0013934544986113906), r), f32x4.splat(0.008363776840269566));
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(0.04166645556688309));
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(0.16666573286056519));
  q = f32x4.add(f32x4.mul(q, r), f32x4.splat(0.5));
  const e = f32x4.add(f32x4.splat(1), f32x4.add(r, f32x4.mul(f32x4.mul(r, r), q)));
  return i32x4.add(e, i32x4.shl(i32x4.trunc_sat_f32x4_s(n), 23));
}

export function tanhArray(x: usize, out: usize, count: usize): void {
  const whole = out + ((count & ~3) << 2);
  const end = out + (count << 2);
  for (; out < whole; out += 16, x += 16) v128.store(out, hyperbolicTangents(v128.load(x)));
  for (; out < end; out += 4, x += 4) v128.store_lane<u32>(out, hyperbolicTangents(v128.load32_zero(x)), 0);
}
