/**
 * Arithmetic element by element on float32, in plain TypeScript: what the SIMD kernels compute, to the bit (of NaN, that it
 * is one). `out` may be one of the inputs, or lie apart from them; addresses are multiples of 4, counts are elements.
 */
import type { KernelMemory } from '../memory.ts';

/**
 * out[r, c] = a[r, c] ∘ b[r, c], out dense. An operand's rows lie `Row` elements apart, its columns 1, or 0 where one
 * value serves the whole row; so 0, 0 is one value for all.
 */
export type BinaryKernel = (a: number, b: number, out: number, rows: number, columns: number, aRow: number, aColumn: number, bRow: number, bColumn: number) => void;

export interface ElementwiseKernels {
  readonly addArrays: BinaryKernel;
  readonly subtractArrays: BinaryKernel;
  readonly multiplyArrays: BinaryKernel;
  readonly divideArrays: BinaryKernel;
  /** out = w − gradient · rate; `rate` is the address of one value. */
  descend(w: number, gradient: number, rate: number, out: number, count: number): void;
  /** out = max(x, 0). */
  reluArray(x: number, out: number, count: number): void;
  /** out = 1 where x > 0, otherwise alpha; NaN stays. */
  stepArray(x: number, out: number, count: number, alpha: number): void;
  /** out = a · step(x). */
  multiplyByStep(a: number, x: number, out: number, count: number, alpha: number): void;
  negateArray(x: number, out: number, count: number): void;
  /** out = x within [least, most]; NaN becomes `least`. */
  clampArray(x: number, out: number, count: number, least: number, most: number): void;
  /** out = a where least ≤ x ≤ most, otherwise 0. */
  whereWithin(x: number, a: number, out: number, count: number, least: number, most: number): void;
  /** out (float32) = x (int32), rounded to the nearest. */
  floatsOfInts(x: number, out: number, count: number): void;
  /** out (float32) = x (bytes). */
  floatsOfBools(x: number, out: number, count: number): void;
}

export function elementwiseTwins(memory: KernelMemory): ElementwiseKernels {
  const floats = (address: number, count: number): Float32Array => new Float32Array(memory.buffer, address, count);
  const binary = (apply: (x: number, y: number) => number): BinaryKernel => (a, b, out, rows, columns, aRow, aColumn, bRow, bColumn) => {
    const all = (address: number, row: number, column: number): Float32Array => floats(address, rows * columns === 0 ? 0 : (rows - 1) * row + (columns - 1) * column + 1);
    const [x, y, result] = [all(a, aRow, aColumn), all(b, bRow, bColumn), floats(out, rows * columns)];
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) result[r * columns + c] = apply(x[r * aRow + c * aColumn], y[r * bRow + c * bColumn]);
    }
  };
  const unary = (apply: (x: number) => number) => (x: number, out: number, count: number): void => {
    const [values, result] = [floats(x, count), floats(out, count)];
    for (let i = 0; i < count; i++) result[i] = apply(values[i]);
  };
  const step = (x: number, alpha: number): number => (Number.isNaN(x) ? x : x > 0 ? 1 : Math.fround(alpha));
  return {
    addArrays: binary((x, y) => x + y),
    subtractArrays: binary((x, y) => x - y),
    multiplyArrays: binary((x, y) => x * y),
    divideArrays: binary((x, y) => x / y),
    descend(w, gradient, rate, out, count) {
      const [weights, gradients, result, [factor]] = [floats(w, count), floats(gradient, count), floats(out, count), floats(rate, 1)];
      for (let i = 0; i < count; i++) result[i] = weights[i] - Math.fround(gradients[i] * factor);
    },
    reluArray: unary((x) => Math.max(x, 0)),
    stepArray: (x, out, count, alpha) => unary((value) => step(value, alpha))(x, out, count),
    multiplyByStep(a, x, out, count, alpha) {
      const [factors, values, result] = [floats(a, count), floats(x, count), floats(out, count)];
      for (let i = 0; i < count; i++) result[i] = factors[i] * step(values[i], alpha);
    },
    negateArray: unary((x) => -x),
    clampArray(x, out, count, least, most) {
      const [low, high] = [Math.fround(least), Math.fround(most)];
      unary((value) => {
        const raised = low < value ? value : low;
        return raised < high ? raised : high;
      })(x, out, count);
    },
    whereWithin(x, a, out, count, least, most) {
      const [low, high] = [Math.fround(least), Math.fround(most)];
      const [values, chosen, result] = [floats(x, count), floats(a, count), floats(out, count)];
      for (let i = 0; i < count; i++) result[i] = values[i] >= low && values[i] <= high ? chosen[i] : 0;
    },
    floatsOfInts(x, out, count) {
      floats(out, count).set(new Int32Array(memory.buffer, x, count));
    },
    floatsOfBools(x, out, count) {
      floats(out, count).set(new Uint8Array(memory.buffer, x, count));
    },
  };
}
