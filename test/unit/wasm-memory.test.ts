/** Our kernels work in the memory of TensorFlow.js's wasm backend, also when it has grown. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import { addressOf, wasmKernels, type WasmBackend } from '../../shared/model/kernels/wasm-backend.ts';

it('kernels read and write tensors where they lie, before and after the memory has grown', async () => {
  await prepareBackend('wasm');
  const backend = tf.backend() as unknown as WasmBackend;
  const kernels = wasmKernels(backend);
  const sum = tf.tensor1d([1, 2, 3]);
  const x = tf.tensor1d([10, 20, 30]);
  kernels.addScaled(addressOf(backend, sum), addressOf(backend, x), 3, 2);
  expect([...sum.dataSync()]).toEqual([21, 42, 63]);

  const before = backend.wasm.HEAPU8.byteLength;
  const large = tf.ones([before / 4]);
  expect(backend.wasm.HEAPU8.byteLength).toBeGreaterThan(before);
  expect(wasmKernels(backend)).toBe(kernels);
  expect(kernels.sumOfSquares(addressOf(backend, large), large.size)).toBe(large.size);
  kernels.addScaled(addressOf(backend, sum), addressOf(backend, x), 3, 1);
  expect([...sum.dataSync()]).toEqual([31, 62, 93]);

  const words = tf.tensor1d(['a', 'b']);
  expect(() => addressOf(backend, words)).toThrow(/does not lie in the memory/);
  tf.dispose([sum, x, large, words]);
});
