// Steps of the server optimizers, one pass each: arithmetic in float64, two lanes, everything kept in float32.
// ../twins/optimizers.ts says what they compute. The lengths are even: whoever calls pads by one.

// @ts-ignore: decorator
@inline
function wide(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Rounded to float32, kept, and given back as what was kept. */
// @ts-ignore: decorator
@inline
function keep(at: usize, x: v128): v128 {
  const rounded = f32x4.demote_f64x2_zero(x);
  v128.store64_lane(at, rounded, 0);
  return f64x2.promote_low_f32x4(rounded);
}

export function stepSgd(w: usize, g: usize, count: usize, rate: f64): void {
  const rates = f64x2.splat(rate);
  for (const end = w + (count << 2); w < end; w += 8, g += 8) keep(w, f64x2.sub(wide(w), f64x2.mul(rates, wide(g))));
}

export function stepMomentum(w: usize, g: usize, m: usize, count: usize, scale: f64, rate: f64, momentum: f64): void {
  const scales = f64x2.splat(scale);
  const rates = f64x2.splat(rate);
  const momenta = f64x2.splat(momentum);
  for (const end = w + (count << 2); w < end; w += 8, g += 8, m += 8) {
    const velocity = keep(m, f64x2.add(f64x2.mul(momenta, wide(m)), f64x2.mul(scales, wide(g))));
    keep(w, f64x2.sub(wide(w), f64x2.mul(rates, velocity)));
  }
}

// @ts-ignore: decorator
@inline
function descend(w: usize, rates: v128, m: v128, v: v128, epsilons: v128): void {
  keep(w, f64x2.sub(wide(w), f64x2.div(f64x2.mul(rates, m), f64x2.add(f64x2.sqrt(v), epsilons))));
}

export function stepAdagrad(w: usize, g: usize, v: usize, count: usize, scale: f64, rate: f64, epsilon: f64): void {
  const scales = f64x2.splat(scale);
  const rates = f64x2.splat(rate);
  const epsilons = f64x2.splat(epsilon);
  for (const end = w + (count << 2); w < end; w += 8, g += 8, v += 8) {
    const x = f64x2.mul(scales, wide(g));
    descend(w, rates, x, keep(v, f64x2.add(wide(v), f64x2.mul(x, x))), epsilons);
  }
}

export function stepAdam(w: usize, g: usize, m: usize, v: usize, count: usize, scale: f64, rate: f64, beta1: f64, beta2: f64, epsilon: f64): void {
  const scales = f64x2.splat(scale);
  const rates = f64x2.splat(rate);
  const epsilons = f64x2.splat(epsilon);
  for (const end = w + (count << 2); w < end; w += 8, g += 8, m += 8, v += 8) {
    const x = f64x2.mul(scales, wide(g));
    const first = keep(m, f64x2.add(f64x2.mul(f64x2.splat(beta1), wide(m)), f64x2.mul(f64x2.splat(1 - beta1), x)));
    const second = keep(v, f64x2.add(f64x2.mul(f64x2.splat(beta2), wide(v)), f64x2.mul(f64x2.splat(1 - beta2), f64x2.mul(x, x))));
    descend(w, rates, first, second, epsilons);
  }
}

export function stepYogi(w: usize, g: usize, m: usize, v: usize, count: usize, scale: f64, rate: f64, beta1: f64, beta2: f64, epsilon: f64): void {
  const scales = f64x2.splat(scale);
  const rates = f64x2.splat(rate);
  const epsilons = f64x2.splat(epsilon);
  const added = f64x2.splat(1 - beta2);
  const taken = f64x2.splat(beta2 - 1);
  for (const end = w + (count << 2); w < end; w += 8, g += 8, m += 8, v += 8) {
    const x = f64x2.mul(scales, wide(g));
    const first = keep(m, f64x2.add(f64x2.mul(f64x2.splat(beta1), wide(m)), f64x2.mul(f64x2.splat(1 - beta1), x)));
    const square = f64x2.mul(x, x);
    const before = wide(v);
    // (1 − β₂) · sign(v − x²), where the sign of 0 is 0.
    const sign = v128.or(v128.and(f64x2.gt(before, square), added), v128.and(f64x2.lt(before, square), taken));
    descend(w, rates, first, keep(v, f64x2.sub(before, f64x2.mul(sign, square))), epsilons);
  }
}
