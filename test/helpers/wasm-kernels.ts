/** Runs kernels of the wasm backend by name, and compares what they give with the plain `cpu` backend. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { useBackend } from '../../shared/model/backends.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';

export interface Input {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

export function randomFloats(shape: readonly number[], seed: number): Input {
  const random = createRandom(seed);
  return { shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()) };
}

/** Runs one kernel by name on one backend; it must leave nothing behind. */
export function runKernel(backend: BackendName, name: string, inputs: Record<string, Input> | readonly Input[], attrs: object): { shape: number[]; values: number[] } {
  useBackend(backend);
  // The engine does not know of what a kernel allocates for itself.
  const held = (): number[] => [tf.memory().numTensors, tf.backend().numDataIds()];
  const before = held();
  const result = tf.tidy(() => {
    const upload = ({ shape, values }: Input): tf.Tensor => tf.tensor(values.slice(), [...shape], values instanceof Int32Array ? 'int32' : 'float32');
    const tensors = Array.isArray(inputs) ? (inputs as readonly Input[]).map(upload) : Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, upload(input)]));
    const output = tf.engine().runKernel<tf.Tensor>(name, tensors as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
    return { shape: output.shape, values: [...output.dataSync()] };
  });
  expect(held()).toEqual(before);
  return result;
}

export function expectSame(name: string, inputs: Record<string, Input> | readonly Input[], attrs: object): void {
  const expected = runKernel('cpu', name, inputs, attrs);
  const actual = runKernel('wasm', name, inputs, attrs);
  expect(actual.shape).toEqual(expected.shape);
  expectClose(actual.values, expected.values);
}

/** Relative to the largest value: single ones may cancel to nearly nothing. */
export function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((value, i) => {
    if (!(Math.abs(value - expected[i]) <= 1e-5 * size)) throw new Error(`value ${i} is ${value}, not ${expected[i]}`);
  });
}
