/**
 * A kernel in two halves: what follows from shapes and attributes is worked out once, what depends on where the
 * tensors lie comes with each call. So the same kernel serves TensorFlow.js, which allocates its tensors anew, and a
 * recorded step, whose tensors stay where they are.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { addressOf, free, type WasmBackend } from './wasm-backend.ts';

/** The part that is called often: it allocates nothing. */
export interface Prepared {
  /** Bytes of memory that a run uses for itself, beginning on a multiple of 4; what it finds there does not matter. */
  readonly scratchBytes: number;
  /**
   * @param addresses of the tensors, in the order that the function which prepared it names: inputs first, then the output
   * @param scratch address of that memory; any number where `scratchBytes` is 0
   */
  run(addresses: readonly number[], scratch: number): void;
}

/** Runs a prepared kernel once: allocates its output and its scratch memory, and frees the latter. `inputs` in the order of its addresses. */
export function runPrepared(backend: WasmBackend, prepared: Prepared, inputs: readonly tf.TensorInfo[], shape: readonly number[], dtype: tf.DataType = 'float32'): tf.TensorInfo {
  const output = backend.makeOutput([...shape], dtype);
  const scratch = prepared.scratchBytes > 0 ? backend.makeOutput([prepared.scratchBytes / 4], 'float32') : null;
  try {
    prepared.run([...inputs, output].map((tensor) => addressOf(backend, tensor)), scratch ? addressOf(backend, scratch) : 0);
  } finally {
    if (scratch) free(backend, scratch);
  }
  return output;
}
