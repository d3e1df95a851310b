/** A batch on its way from resident examples into a plan's memory. */
import type * as tf from '@tensorflow/tfjs-core';
import { wasmKernels } from '../kernels/wasm-backend.ts';
import type { ResidentExamples } from '../resident-examples.ts';
import type { Plan } from './plan.ts';
import { heapAddress, type WasmHeap } from './wasm-heap.ts';

/** The examples at these indices: inputs in the form that the plan's operations read, and labels. */
export function giveBatch(heap: WasmHeap, { given, sparse: { batch, wants } }: Plan, examples: ResidentExamples, indices: Int32Array): void {
  const { x, labels } = examples.tensors;
  copyRows(heap, labels, indices, given.labels);
  const sparse = wants.rows ? examples.sparse() : null;
  batch.present = sparse !== null;
  if (sparse !== null) {
    const words = new Int32Array(heap.wasm.HEAPU8.buffer);
    const [from, to] = [sparse.lists >>> 2, batch.at.rows >>> 2];
    for (let i = 0; i < indices.length; i++) {
      words[to + 2 * i] = words[from + 2 * indices[i]];
      words[to + 2 * i + 1] = words[from + 2 * indices[i] + 1];
    }
    if (wants.columns) wasmKernels(heap).sparseColumns(batch.at.rows, batch.rows, batch.columns, batch.at.columns, batch.at.entries);
  }
  if (sparse === null || wants.x) copyRows(heap, x, indices, given.x);
}

/** Rows of a tensor that is in the backend already, one after the other to an address. */
function copyRows(heap: WasmHeap, tensor: tf.Tensor, indices: Int32Array, to: number): void {
  const from = heapAddress(heap, tensor.dataId);
  const bytes = (tensor.size / tensor.shape[0]) * 4;
  const memory = heap.wasm.HEAPU8;
  for (let i = 0; i < indices.length; i++) {
    const row = from + indices[i] * bytes;
    memory.copyWithin(to + i * bytes, row, row + bytes);
  }
}
