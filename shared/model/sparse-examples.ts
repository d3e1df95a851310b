/** Examples by what of them is not zero: images of digits, counts of words. A product with them then costs no multiplication by zero. */
import type * as tf from '@tensorflow/tfjs-core';
import { hasSimd } from '../kernels/kernels.ts';
import { wasmKernels } from './kernels/wasm-backend.ts';
import { currentWasmHeap, heapAddress } from './replay/wasm-heap.ts';

/** In the wasm backend's memory, as ../kernels/twins/sparse.ts says. */
export interface SparseExamples {
  /** Address of the table: eight bytes an example. */
  readonly lists: number;
  readonly bytes: number;
  dispose(): void;
}

/** Above this share of values that are not zero, whole rows are as fast; what is stored twice is bounded, too. */
const MOST_DENSE = 0.4;
/** Narrower examples cost little either way. */
const NARROWEST = 64;

/** @returns null where it does not pay, there is no memory for it, or the examples lie elsewhere than in the wasm backend */
export function sparseExamplesOf(x: tf.Tensor): SparseExamples | null {
  const heap = currentWasmHeap();
  if (heap === null || !hasSimd() || x.dtype !== 'float32' || !heap.dataIdMap.has(x.dataId)) return null;
  const rows = x.shape[0];
  const columns = x.size / Math.max(1, rows);
  if (rows === 0 || columns < NARROWEST) return null;
  const kernels = wasmKernels(heap);
  const from = heapAddress(heap, x.dataId);
  const count = kernels.countNonZero(from, x.size);
  if (count > MOST_DENSE * x.size) return null;
  const bytes = 8 * (rows + count);
  const memory = heap.makeOutput([bytes / 4], 'int32');
  const lists = heapAddress(heap, memory.dataId);
  if (lists === 0) {
    heap.disposeData(memory.dataId);
    return null;
  }
  kernels.sparseRows(from, rows, columns, lists, lists + 8 * rows);
  return { lists, bytes, dispose: () => void heap.disposeData(memory.dataId) };
}
