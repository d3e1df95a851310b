/** The losses, computed from a model's raw outputs and labels. All shapes start with the batch: [n, …]. */
import * as tf from '@tensorflow/tfjs-core';
import { metrics } from '@tensorflow/tfjs-layers';
import type { GossipTask } from '../task/task-spec.ts';
import type { Head } from './build-model.ts';

export type LossName = GossipTask['model']['loss'];

/** Keeps a logarithm finite where a probability underflows: a loss of one example then shows as 85, its gradient stays exact. */
const TINY = 1e-37;

/**
 * Labels as the loss compares them with the outputs: class indices (int32, [n]) become one-hot
 * where the model has an output for each class; numbers keep their shape.
 */
export function targetsOf(labels: tf.Tensor, outputs: tf.Tensor): tf.Tensor {
  const width = outputs.shape[outputs.rank - 1];
  if (labels.dtype !== 'int32') return tf.reshape(labels, outputs.shape);
  // Cast, since the wasm backend's one-hot writes integers whatever type it is asked for.
  if (outputs.rank === 2 && width > 1) return tf.cast(tf.oneHot(labels as tf.Tensor1D, width), 'float32');
  return tf.reshape(tf.cast(labels, 'float32'), outputs.shape);
}

/** Mean loss of the batch, a scalar. `raw` is what `BuiltModel.forward` gives. Differentiable in `raw`. */
export function meanLoss(loss: LossName, head: Head, raw: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  const count = raw.shape[0];
  if (loss === 'categoricalCrossentropy' && head === 'softmax') return softmaxCrossEntropy(raw, targets, count);
  if (loss === 'binaryCrossentropy' && head === 'sigmoid') return sigmoidCrossEntropy(raw, targets, raw.size);
  return tf.mean(exampleLosses(loss, head, raw, targets));
}

/** Mean over the batch of each example's loss times its weight, [n]. A weight of 1 for all gives the mean loss. */
export function weightedMeanLoss(loss: LossName, head: Head, raw: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return tf.mean(tf.mul(exampleLosses(loss, head, raw, targets), weights));
}

/** The loss of each example, [n]. */
export function exampleLosses(loss: LossName, head: Head, raw: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const count = raw.shape[0];
  const perExample = (values: tf.Tensor): tf.Tensor => tf.mean(tf.reshape(values, [count, values.size / count]), 1);
  switch (loss) {
    case 'categoricalCrossentropy':
      if (head === 'softmax') return tf.neg(tf.sum(tf.mul(tf.logSoftmax(raw), targets), -1));
      return metrics.categoricalCrossentropy(targets, head === 'sigmoid' ? tf.sigmoid(raw) : raw);
    case 'binaryCrossentropy': {
      if (head === 'sigmoid') {
        // max(z, 0) − z·y + log(1 + e^−|z|)
        const cross = tf.sub(tf.relu(raw), tf.mul(raw, targets));
        return perExample(tf.add(cross, tf.log1p(tf.exp(tf.neg(tf.abs(raw))))));
      }
      return perExample(clippedBinaryCrossEntropy(head === 'softmax' ? tf.softmax(raw) : raw, targets));
    }
    case 'meanSquaredError': {
      const outputs = head === 'softmax' ? tf.softmax(raw) : head === 'sigmoid' ? tf.sigmoid(raw) : raw;
      return perExample(tf.square(tf.sub(outputs, targets)));
    }
  }
}

/** Which examples are classified rightly: 1 or 0 for each, [n]. Softmax and sigmoid keep the order, so raw outputs do. */
export function rightlyClassified(head: Head, raw: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const width = raw.shape[raw.rank - 1];
  const predicted =
    width > 1
      ? tf.argMax(raw, -1)
      : tf.cast(tf.greater(tf.reshape(raw, [raw.size]), head === 'sigmoid' ? 0 : 0.5), 'int32');
  return tf.cast(tf.equal(predicted, labels), 'float32');
}

// Both come with their gradient, (output − target) / n: exact, and a third of the operations
// that differentiating the formula step by step would take.

function softmaxCrossEntropy(logits: tf.Tensor, targets: tf.Tensor, count: number): tf.Scalar {
  return withGradient(logits, () => {
    const outputs = tf.softmax(logits);
    const ofTheClass = tf.sum(tf.mul(outputs, targets), -1);
    return { outputs, value: tf.mul<tf.Scalar>(tf.sum(tf.log(tf.maximum(ofTheClass, TINY))), -1 / count) };
  }, targets, count);
}

function sigmoidCrossEntropy(logits: tf.Tensor, targets: tf.Tensor, count: number): tf.Scalar {
  return withGradient(logits, () => {
    const cross = tf.sub(tf.relu(logits), tf.mul(logits, targets));
    const value = tf.div<tf.Scalar>(tf.sum(tf.add(cross, tf.log1p(tf.exp(tf.neg(tf.abs(logits)))))), count);
    return { outputs: tf.sigmoid(logits), value };
  }, targets, count);
}

function withGradient(logits: tf.Tensor, compute: () => { outputs: tf.Tensor; value: tf.Scalar }, targets: tf.Tensor, count: number): tf.Scalar {
  const operation = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = inputs[1] as tf.GradSaveFunc;
    const { outputs, value } = compute();
    // The forward pass is tidied before the backward one begins: what that needs must be saved.
    save([outputs, targets]);
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(tf.sub(saved[0], saved[1]), tf.div(dy, count)) };
  });
  return operation(logits);
}

function clippedBinaryCrossEntropy(outputs: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const clipped = tf.clipByValue(outputs, 1e-7, 1 - 1e-7);
  const ofOnes = tf.mul(targets, tf.log(clipped));
  const ofZeros = tf.mul(tf.sub(1, targets), tf.log(tf.sub(1, clipped)));
  return tf.neg(tf.add(ofOnes, ofZeros));
}
