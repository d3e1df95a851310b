/** The element types that travel, and views of bytes as numbers. All of our formats are little-endian. */
import { MurmurError } from '../errors.ts';

export type TensorDtype = 'float32' | 'float64' | 'int32' | 'int8' | 'uint8';
export type TensorValues = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

export const TENSOR_DTYPES = ['float32', 'float64', 'int32', 'int8', 'uint8'] as const satisfies readonly TensorDtype[];

/** A named tensor whose elements stand in row-major order; `values.length` is the product of `shape`. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly values: TensorValues;
}

const WIDTHS: Readonly<Record<TensorDtype, number>> = { float32: 4, float64: 8, int32: 4, int8: 1, uint8: 1 };

/** Bytes of one element. */
export function widthOf(dtype: TensorDtype): number {
  return WIDTHS[dtype];
}

export function dtypeOf(values: TensorValues): TensorDtype {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int32Array) return 'int32';
  return values instanceof Int8Array ? 'int8' : 'uint8';
}

/** `length` elements that begin at byte `offset` of `bytes`: a view. The place must be aligned to the element's width. */
export function viewTensor(dtype: TensorDtype, bytes: Uint8Array, offset: number, length: number): TensorValues {
  const start = bytes.byteOffset + offset;
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes.buffer, start, length);
    case 'float64':
      return new Float64Array(bytes.buffer, start, length);
    case 'int32':
      return new Int32Array(bytes.buffer, start, length);
    case 'int8':
      return new Int8Array(bytes.buffer, start, length);
    case 'uint8':
      return new Uint8Array(bytes.buffer, start, length);
  }
}

/** The memory of a typed array as bytes: a view. */
export function bytesOf(values: TensorValues): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Next multiple of 8: every tensor of ours begins at one, so that a view of any dtype is aligned. */
export function alignTo8(bytes: number): number {
  // Not by bit operators: those wrap at 2^32, and lengths that others claim may be larger.
  return Math.ceil(bytes / 8) * 8;
}

/**
 * The product of dimensions that somebody else claims, or null where it is no count of
 * elements that 53 bits can hold (a negative, a fraction, an overflow).
 */
export function claimedSize(shape: readonly number[]): number | null {
  let size = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return null;
    size *= dimension;
    if (!Number.isSafeInteger(size)) return null;
  }
  return size;
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Views read the host's own byte order: on the rare big-endian host a view would silently give wrong numbers. */
export function requireLittleEndian(): void {
  if (!hostIsLittleEndian) {
    throw new MurmurError('internal', 'this machine stores numbers big-endian; tensors are little-endian and cannot be read here without a copy, which is not supported');
  }
}
