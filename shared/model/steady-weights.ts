/**
 * Weights that stay where they are. TensorFlow.js gives a variable other memory at each assignment; on the wasm
 * backend ours keep theirs, so that whoever has recorded a step finds them at the same address for as long as they live.
 */
import * as tf from '@tensorflow/tfjs-core';
import { currentWasmHeap, heapAddress, heapBytes, heapFloats, renumber } from './replay/wasm-heap.ts';

/** From now on assignments copy values into the variable's own memory, where it lies in the wasm backend's. */
export function keepInPlace(variable: tf.Variable): void {
  const assign = variable.assign.bind(variable);
  variable.assign = (value) => {
    const heap = currentWasmHeap();
    const here = heap !== null && value.dtype === variable.dtype && sameShape(value.shape, variable.shape) && heap.dataIdMap.has(variable.dataId) && heap.dataIdMap.has(value.dataId);
    // Whatever is wrong or elsewhere: as TensorFlow.js does it, and with its errors.
    if (!here) return assign(value);
    const bytes = variable.size * 4;
    heapBytes(heap, heapAddress(heap, variable.dataId), bytes).set(heapBytes(heap, heapAddress(heap, value.dataId), bytes));
    renumber(heap, variable.dataId);
  };
}

/** Writes float32 values into a variable that keeps its place; false where it lies elsewhere, and nothing is written. */
export function writeInPlace(variable: tf.Variable, values: Float32Array): boolean {
  const heap = currentWasmHeap();
  if (heap === null || !heap.dataIdMap.has(variable.dataId)) return false;
  heapFloats(heap, heapAddress(heap, variable.dataId), variable.size).set(values);
  renumber(heap, variable.dataId);
  return true;
}

/** Writes float32 values into a variable, wherever it lies. */
export function setValues(variable: tf.Variable, values: Float32Array): void {
  if (writeInPlace(variable, values)) return;
  // A copy: some backends keep the array that they are given.
  const tensor = tf.tensor(values.slice(), [...variable.shape], 'float32');
  variable.assign(tensor);
  tensor.dispose();
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
