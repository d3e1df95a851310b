/** Examples kept in the backend, so that a batch costs a gather there and no copy from the host. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../errors.ts';
import { classesOf, inputShapeOf } from '../task/data-contract.ts';
import type { ModelSpec } from './build-model.ts';
import type { Examples } from './examples.ts';
import { sparseExamplesOf, type SparseExamples } from './sparse-examples.ts';

export interface Batch {
  /** [n, ...input shape], float32, scaled. */
  readonly x: tf.Tensor;
  /** Class indices int32 [n], or numbers float32 [n, k]. */
  readonly labels: tf.Tensor;
}

export interface ResidentExamples {
  readonly size: number;
  /** All of them. */
  readonly tensors: Batch;
  /** Bytes that they take up in the backend. */
  readonly bytes: number;
  /** The inputs by what of them is not zero, made when it is asked for the first time; null where that does not pay. */
  sparse(): SparseExamples | null;
  /** The examples at these indices; the caller disposes both tensors. */
  gather(indices: Int32Array): Batch;
  /** Examples from … to − 1. */
  range(from: number, to: number): Batch;
  dispose(): void;
}

/**
 * Copies examples into the current backend.
 * @throws bad_dataset when they are not what the data contract says.
 */
export function uploadExamples(spec: ModelSpec, examples: Examples, source: string): ResidentExamples {
  checkExamples(spec, examples, source);
  const { size, inputs, inputShape, scale } = examples;
  // Scaled on the host, once: the same bits on every backend. A Uint8Array tensor there is none.
  const scaled = new Float32Array(inputs);
  if (scale !== 1) for (let i = 0; i < scaled.length; i++) scaled[i] *= scale;
  const x = tf.tensor(scaled, [size, ...inputShape], 'float32');
  const labels =
    examples.labels instanceof Int32Array
      ? tf.tensor(examples.labels.slice(), [size], 'int32')
      : tf.tensor(examples.labels.slice(), [size, Math.max(1, examples.labels.length / Math.max(1, size))], 'float32');
  let sparse: SparseExamples | null | undefined;
  return {
    size,
    tensors: { x, labels },
    get bytes() {
      return 4 * (x.size + labels.size) + (sparse?.bytes ?? 0);
    },
    sparse: () => (sparse ??= sparse === null ? null : sparseExamplesOf(x)),
    gather(indices) {
      const at = tf.tensor1d(indices, 'int32');
      const batch = { x: tf.gather(x, at), labels: tf.gather(labels, at) };
      at.dispose();
      return batch;
    },
    range: (from, to) => ({
      x: tf.slice(x, [from, ...inputShape.map(() => 0)], [to - from, ...inputShape]),
      labels: labels.rank === 1 ? tf.slice(labels, [from], [to - from]) : tf.slice(labels, [from, 0], [to - from, labels.shape[1] as number]),
    }),
    dispose() {
      sparse?.dispose();
      sparse = null;
      x.dispose();
      labels.dispose();
    },
  };
}

function checkExamples(spec: ModelSpec, examples: Examples, source: string): void {
  const wrong = (message: string): MurmurError => new MurmurError('bad_dataset', `${source}: ${message}`);
  const expected = inputShapeOf(spec.data);
  const { size, inputs, inputShape, labels } = examples;
  if (inputShape.length !== expected.length || inputShape.some((dimension, i) => dimension !== expected[i])) {
    throw wrong(`the examples have the shape [${inputShape.join(', ')}], the task asks for [${expected.join(', ')}]`);
  }
  const width = expected.reduce((a, b) => a * b, 1);
  if (inputs.length !== size * width) throw wrong(`${size} examples of ${width} values each make ${size * width} values, there are ${inputs.length}`);
  const classes = classesOf(spec.data);
  if (classes === null) {
    if (!(labels instanceof Float32Array)) throw wrong('the task asks for numbers as labels, these are class indices');
    if (labels.length % Math.max(1, size) !== 0) throw wrong(`${labels.length} label values cannot be shared among ${size} examples`);
    return;
  }
  if (!(labels instanceof Int32Array)) throw wrong('the task asks for class indices as labels, these are other numbers');
  if (labels.length !== size) throw wrong(`there are ${size} examples and ${labels.length} labels`);
  const bad = labels.findIndex((label) => label < 0 || label >= classes.length);
  if (bad >= 0) throw wrong(`example ${bad} has the label ${labels[bad]}; the task's classes are 0 to ${classes.length - 1}`);
}
