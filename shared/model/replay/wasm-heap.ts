/** The wasm backend's memory by address: where its tensors lie, and tensors that lie where one says. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../errors.ts';
import type { WasmBackend } from '../kernels/wasm-backend.ts';

/** What the backend knows of the data behind a tensor. `id` is the number by which its C++ half knows them. */
export interface HeapEntry {
  id: number;
  readonly memoryOffset: number | null;
  readonly shape: number[];
  readonly dtype: tf.DataType;
  refCount: number;
}

export interface WasmHeap extends WasmBackend {
  readonly dataIdMap: {
    get(dataId: tf.DataId): HeapEntry;
    has(dataId: tf.DataId): boolean;
    delete(dataId: tf.DataId): boolean;
  };
  readonly wasm: {
    /** Of the whole memory; another one after it has grown. */
    readonly HEAPU8: Uint8Array;
    /** A function of the C++ half. */
    cwrap(name: string, returns: null, takes: readonly 'number'[]): (...args: (number | undefined)[]) => void;
    readonly tfjs: {
      registerTensor(id: number, elements: number, address: number): void;
      disposeData(id: number): void;
    };
  };
  dataIdNextNumber: number;
  makeOutput(shape: readonly number[], dtype: tf.DataType, address?: number, values?: tf.backend_util.TypedArray): tf.TensorInfo;
}

/** The dtypes that lie in the memory as plain numbers. */
export const BYTES_PER_ELEMENT = { float32: 4, int32: 4, bool: 1 } as const;
export type HeapDtype = keyof typeof BYTES_PER_ELEMENT;

export const isHeapDtype = (dtype: string): dtype is HeapDtype => dtype in BYTES_PER_ELEMENT;

/** The wasm backend where it is the current one, otherwise null. */
export function currentWasmHeap(): WasmHeap | null {
  return tf.getBackend() === 'wasm' ? (tf.backend() as unknown as WasmHeap) : null;
}

/** Byte offset of a tensor's values; it stays the same as long as the data live. */
export function heapAddress(heap: WasmHeap, dataId: tf.DataId): number {
  const address = heap.dataIdMap.has(dataId) ? heap.dataIdMap.get(dataId).memoryOffset : null;
  if (address === null) throw new MurmurError('backend_failed', 'the tensor does not lie in the memory of the wasm backend');
  return address;
}

/** A view, valid until the memory grows: until something allocates. */
export function heapBytes(heap: WasmHeap, address: number, length: number): Uint8Array {
  return heap.wasm.HEAPU8.subarray(address, address + length);
}

/** A view, valid until the memory grows: until something allocates. */
export function heapFloats(heap: WasmHeap, address: number, length: number): Float32Array {
  return new Float32Array(heap.wasm.HEAPU8.buffer, address, length);
}

/** References that no kernel can use up: what lies in memory that is not its own must never be freed. */
const NEVER_FREED = 2 ** 30;

/** A tensor over memory that somebody else owns, to call kernels with. `removeAt` it; the backend must never free it. */
export function placeAt(heap: WasmHeap, shape: readonly number[], dtype: HeapDtype, address: number): tf.TensorInfo {
  const tensor = heap.makeOutput([...shape], dtype, address);
  heap.dataIdMap.get(tensor.dataId).refCount = NEVER_FREED;
  return tensor;
}

export function removePlaced(heap: WasmHeap, tensor: tf.TensorInfo): void {
  if (!heap.dataIdMap.has(tensor.dataId)) return;
  heap.wasm.tfjs.disposeData(heap.dataIdMap.get(tensor.dataId).id);
  heap.dataIdMap.delete(tensor.dataId);
}

/**
 * Gives the data another number in the backend's C++ half, which keeps what it has prepared of a
 * convolution's filter or a product's right side under that number. To be called whenever values were
 * changed where they lie: otherwise those kernels would go on with the values of before.
 */
export function renumber(heap: WasmHeap, dataId: tf.DataId): void {
  const entry = heap.dataIdMap.get(dataId);
  const { tfjs } = heap.wasm;
  tfjs.disposeData(entry.id);
  entry.id = heap.dataIdNextNumber++;
  tfjs.registerTensor(entry.id, tf.util.sizeFromShape(entry.shape), entry.memoryOffset as number);
}
