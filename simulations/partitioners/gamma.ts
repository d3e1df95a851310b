/** Gamma and Dirichlet variates, by Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. */
import type { RandomSource } from '../../shared/random.ts';

/**
 * The logarithm of a Gamma(shape, 1) variate. The logarithm, because a small shape gives
 * variates below the smallest double: Gamma(a) = Gamma(a + 1) · U^(1/a).
 */
export function logGamma(shape: number, random: RandomSource): number {
  const boost = shape < 1 ? Math.log(1 - random.next()) / shape : 0;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    // next() lies in [0, 1); its complement has a logarithm.
    if (Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v) + boost;
  }
}

/** A point of the symmetric Dirichlet(alpha) of `size` dimensions: positive or zero, adding up to 1. */
export function dirichlet(size: number, alpha: number, random: RandomSource): Float64Array {
  const logs = Float64Array.from({ length: size }, () => logGamma(alpha, random));
  const greatest = logs.reduce((a, b) => Math.max(a, b), -Infinity);
  const shares = logs.map((log) => Math.exp(log - greatest));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}
