/**
 * A sum of quantized vectors that are never unpacked: their codes are copied into kernel memory, checked there, and added
 * from there, dequantized on the way. Error bound and folding are those of `merge-arena.ts`.
 */
import { MurmurError } from '../errors.ts';
import { createKernels } from '../kernels/kernels.ts';
import { createKernelMemory } from '../kernels/memory.ts';
import { QUANTIZED_BLOCK } from '../kernels/twins/quantized.ts';

/** Value i is `scales[⌊i / 256⌋] · code i`. */
export interface QuantizedVector {
  readonly bits: 4 | 8;
  /** Values. */
  readonly size: number;
  /** One for each block of 256 values. */
  readonly scales: Float32Array;
  /** A signed byte a value; with 4 bits two values a byte, the even one in the low half, ⌈size / 2⌉ bytes. */
  readonly codes: Int8Array;
}

export interface QuantizedSum {
  readonly size: number;
  /**
   * Copies the vector in and checks it whole; `add` then adds this one.
   * @returns its Euclidean norm
   * @throws bad_layout for wrong lengths, not_finite for a scale that is not
   */
  check(vector: QuantizedVector): number;
  /** sum += scale · what was checked last; may be called once. @throws norm_too_large where the products could leave float32; internal where nothing is waiting */
  add(scale: number): void;
  /** The sum so far, a copy. */
  values(): Float64Array;
}

const FOLD_EVERY = 8;
/** Eight such products cannot leave float32. */
const MOST_NARROW = 2 ** 100;
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;

/** The sum lives as long as the object; `size` values. */
export function createQuantizedSum(size: number): QuantizedSum {
  const scales = 0;
  const codes = scales + aligned(4 * Math.ceil(size / QUANTIZED_BLOCK));
  const narrow = codes + aligned(size);
  const wide = narrow + aligned(4 * size);
  const memory = createKernelMemory(wide + 8 * size);
  const kernels = createKernels(memory);
  const scalesIn = new Float32Array(memory.buffer, scales, Math.ceil(size / QUANTIZED_BLOCK));
  const codesIn = new Int8Array(memory.buffer, codes, size);
  const sum = new Float64Array(memory.buffer, wide, size);
  let waiting: 4 | 8 | null = null;
  let norm = 0;
  let pending = 0;

  const fold = (): void => {
    if (pending > 0) kernels.foldWide(wide, narrow, size);
    pending = 0;
  };
  return {
    size,
    check(vector) {
      const bytes = vector.bits === 8 ? size : Math.ceil(size / 2);
      if (vector.size !== size || vector.codes.length !== bytes || vector.scales.length !== scalesIn.length) {
        throw new MurmurError('bad_layout', `a vector of ${vector.size} values with ${vector.codes.length} bytes and ${vector.scales.length} scales; ${size} values of ${vector.bits} bits have ${bytes} bytes and ${scalesIn.length} scales`);
      }
      waiting = null;
      scalesIn.set(vector.scales);
      codesIn.set(vector.codes);
      const squares = vector.bits === 8 ? kernels.sumOfSquaresInt8(codes, scales, size) : kernels.sumOfSquaresInt4(codes, scales, size);
      if (!Number.isFinite(squares)) {
        const index = vector.scales.findIndex((scale) => !Number.isFinite(scale));
        throw new MurmurError('not_finite', `scale ${index} is ${vector.scales[index]}`, { details: { index } });
      }
      waiting = vector.bits;
      norm = Math.sqrt(squares);
      return norm;
    },
    add(scale) {
      if (waiting === null) throw new MurmurError('internal', 'no checked vector is waiting to be added');
      if (!(Math.abs(scale) * norm <= MOST_NARROW)) throw new MurmurError('norm_too_large', `a vector of norm ${norm}, scaled by ${scale}, could leave float32; scale it down`);
      if (waiting === 8) kernels.addInt8(narrow, codes, scales, size, scale);
      else kernels.addInt4(narrow, codes, scales, size, scale);
      waiting = null;
      pending++;
      if (pending === FOLD_EVERY) fold();
    },
    values() {
      fold();
      return sum.slice();
    },
  };
}
