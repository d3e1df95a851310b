/**
 * A few layers of tfjs-layers (attention, einsum, the metrics) call operations as methods
 * of tensors. tfjs-core alone does not have those methods, only the union package adds them;
 * these are the ones that the layers call.
 */
import * as tf from '@tensorflow/tfjs-core';

const operations = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  square: tf.square,
  sum: tf.sum,
  mean: tf.mean,
  sign: tf.sign,
  minimum: tf.minimum,
  maximum: tf.maximum,
  greaterEqual: tf.greaterEqual,
  cast: tf.cast,
  pad: tf.pad,
  reshape: tf.reshape,
  transpose: tf.transpose,
  expandDims: tf.expandDims,
  squeeze: tf.squeeze,
  gather: tf.gather,
  slice: tf.slice,
  stridedSlice: tf.stridedSlice,
  flatten: (x: tf.Tensor) => tf.reshape(x, [x.size]),
} as const;

/** Adds the methods that are not there; safe to call again. */
export function registerChainedOperations(): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  for (const [name, operation] of Object.entries(operations)) {
    prototype[name] ??= function (this: tf.Tensor, ...rest: unknown[]): unknown {
      return (operation as (x: tf.Tensor, ...rest: unknown[]) => unknown)(this, ...rest);
    };
  }
}
