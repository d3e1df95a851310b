/**
 * The gradient of average pooling where a window reaches over the edge. Forward, every backend
 * divides a window's sum by the values that it covers; backward, those of TensorFlow.js divide by
 * the window's full size all the same, and edges of different backends would learn differently.
 * TensorFlow's own kernels (`native`) are right.
 */
import * as tf from '@tensorflow/tfjs-core';
// Its import registers the gradients that are corrected here.
import '@tensorflow/tfjs-layers';

/** The name under which TensorFlow.js knows `native`. */
const RIGHT = 'tensorflow';

interface PoolAttributes {
  readonly filterSize: number | number[];
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface Axis {
  readonly size: number;
  readonly outputs: number;
  readonly window: number;
  readonly stride: number;
  readonly before: number;
}

const corrected = new WeakSet<tf.GradFunc>();

/** Call after a backend was loaded: a package that brings its own TensorFlow.js registers the gradients anew. Safe to call again. */
export function registerAveragePoolGradients(): void {
  around('AvgPool', (x, { filterSize, strides, pad, dimRoundingMode }) => {
    const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = tf.backend_util.computePool2DInfo(
      x.shape as [number, number, number, number], filterSize as number, strides as number, 1, pad, dimRoundingMode,
    );
    return [
      { size: inHeight, outputs: outHeight, window: filterHeight, stride: strideHeight, before: padInfo.top },
      { size: inWidth, outputs: outWidth, window: filterWidth, stride: strideWidth, before: padInfo.left },
    ];
  });
  around('AvgPool3D', (x, { filterSize, strides, pad, dimRoundingMode }) => {
    const { inDepth, inHeight, inWidth, outDepth, outHeight, outWidth, filterDepth, filterHeight, filterWidth, strideDepth, strideHeight, strideWidth, padInfo } = tf.backend_util.computePool3DInfo(
      x.shape as [number, number, number, number, number], filterSize as number, strides as number, 1, pad, dimRoundingMode,
    );
    return [
      { size: inDepth, outputs: outDepth, window: filterDepth, stride: strideDepth, before: padInfo.front },
      { size: inHeight, outputs: outHeight, window: filterHeight, stride: strideHeight, before: padInfo.top },
      { size: inWidth, outputs: outWidth, window: filterWidth, stride: strideWidth, before: padInfo.left },
    ];
  });
}

/** Hands the gradient an output gradient in which each window's share is corrected; where no window is cut, the very same. */
function around(kernelName: string, axesOf: (x: tf.Tensor, attributes: PoolAttributes) => readonly Axis[]): void {
  const original = tf.getGradient(kernelName);
  if (corrected.has(original.gradFunc)) return;
  const gradFunc: tf.GradFunc = (dy, saved, attributes) => {
    const factors = tf.getBackend() === RIGHT ? null : windowFactors(axesOf(saved[0], attributes as unknown as PoolAttributes));
    return original.gradFunc(factors === null ? dy : tf.mul(dy as tf.Tensor, factors), saved, attributes);
  };
  corrected.add(gradFunc);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({ ...original, gradFunc });
}

/** Window size over values covered, for each window: [1, ...outputs, 1]; null where all are whole. */
function windowFactors(axes: readonly Axis[]): tf.Tensor | null {
  const each = axes.map(({ size, outputs, window, stride, before }) =>
    Array.from({ length: outputs }, (_, i) => {
      const from = i * stride - before;
      return window / (Math.min(from + window, size) - Math.max(from, 0));
    }),
  );
  if (each.every((factors) => factors.every((factor) => factor === 1))) return null;
  const product = each.reduce((all, factors) => all.flatMap((a) => factors.map((b) => a * b)), [1]);
  return tf.tensor(product, [1, ...axes.map(({ outputs }) => outputs), 1]);
}
