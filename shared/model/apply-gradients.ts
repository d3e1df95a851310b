/** The weights of a model moved against their gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { BuiltModel } from './build-model.ts';

/** w ← w − rate · gradient, then each layer's constraint. `rate` is a scalar of the backend. `from`: what the weights are taken to be before; as they are where it is left out. */
export function applyGradients(trainable: BuiltModel['trainable'], gradients: readonly tf.Tensor[], rate: tf.Scalar, from: readonly tf.Tensor[] = trainable.map(({ variable }) => variable)): void {
  tf.tidy(() => {
    trainable.forEach(({ variable, weight }, i) => {
      const moved = tf.sub(from[i], tf.mul(gradients[i], rate));
      const { constraint } = weight as unknown as { constraint: { apply(w: tf.Tensor): tf.Tensor } | null };
      variable.assign(constraint ? constraint.apply(moved) : moved);
    });
  });
}
