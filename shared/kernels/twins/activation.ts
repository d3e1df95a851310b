/** Activations that are no arithmetic, in plain TypeScript: what the SIMD kernels compute, to the bit (of NaN, that it is one). */
import type { KernelMemory } from '../memory.ts';

export interface ActivationKernels {
  /** out = tanh(x), float32, within 1.5 units in the last place; `out` may be x. Addresses are multiples of 4, counts are elements. */
  tanhArray(x: number, out: number, count: number): void;
}

/** Coefficients of P and Q, highest power first; see below. */
const P = [-0.006104947999119759, 0.021003641188144684, -0.05385249853134155, 0.13332782685756683, -0.333333283662796] as const;
const Q = [0.0013934544986113906, 0.008363776840269566, 0.04166645556688309, 0.16666573286056519, 0.5] as const;

export function activationTwins(memory: KernelMemory): ActivationKernels {
  return {
    tanhArray(x, out, count) {
      const values = new Float32Array(memory.buffer, x, count);
      const result = new Float32Array(memory.buffer, out, count);
      for (let i = 0; i < count; i++) result[i] = hyperbolicTangent(values[i]);
    },
  };
}

const f = Math.fround;

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.map(f).reduce((sum, coefficient) => f(f(sum * x) + coefficient));
}

/** tanh below 5/8: x + x³ · P(x²), P fitted at Chebyshev's points. Above: 1 − 2 / (e^2x + 1). */
function hyperbolicTangent(x: number): number {
  const size = Math.abs(x);
  if (size === 0) return x;
  if (size < 0.625) {
    const square = f(x * x);
    return f(x + f(x * f(square * polynomial(P, square))));
  }
  const limited = Math.min(size, f(9.1));
  const far = f(1 - f(2 / f(exponential(f(limited + limited)) + 1)));
  return x < 0 ? -far : far;
}

/** e^x where the result is a normal number: 2^n · (1 + r + r² · Q(r)), x = n · ln 2 + r, Q fitted at Chebyshev's points. */
function exponential(x: number): number {
  const n = nearest(f(x * f(1.4426950408889634)));
  // ln 2 in two parts, so that n times the first is exact.
  const r = f(f(x - f(n * f(0.693359375))) - f(n * f(-0.00021219444170128554)));
  const e = f(1 + f(r + f(f(r * r) * polynomial(Q, r))));
  return e * 2 ** n;
}

/** The nearest integer, of two the even one. */
function nearest(x: number): number {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(x);
}
