/** One step of training on one batch: loss, gradients, and the weights moved against them. */
import * as tf from '@tensorflow/tfjs-core';
import { applyGradients } from './apply-gradients.ts';
import type { BuiltModel } from './build-model.ts';
import type { LocalStep } from './local-step.ts';
import { meanLoss, targetsOf, weightedMeanLoss, type LossName } from './loss.ts';
import type { Batch } from './resident-examples.ts';

/**
 * Mean loss of the batch (with the layers' regularisation, if any) and its gradients in the
 * order of `model.trainable`. The caller disposes them all. `training` turns dropout and
 * batch statistics on. `classWeights`: one for each class, by which its examples' losses count; labels are class indices then.
 */
export function lossAndGradients(model: BuiltModel, loss: LossName, batch: Batch, training: boolean, classWeights: tf.Tensor | null = null): { loss: tf.Scalar; gradients: tf.Tensor[] } {
  return tf.tidy(() => {
    const variables = model.trainable.map(({ variable }) => variable);
    const { value, grads } = tf.variableGrads(() => {
      const raw = model.forward(batch.x, training);
      const targets = targetsOf(batch.labels, raw);
      const data = classWeights === null ? meanLoss(loss, model.head, raw, targets) : weightedMeanLoss(loss, model.head, raw, targets, tf.gather(classWeights, batch.labels));
      return model.layersModel.losses.reduce((sum: tf.Scalar, penalty) => tf.add(sum, penalty()), data);
    }, variables);
    return { loss: value, gradients: variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable)) };
  });
}

/** One step on one batch, of plain SGD where there is no `local`; the loss before it, which the caller disposes. */
export function trainStep(model: BuiltModel, loss: LossName, batch: Batch, rate: tf.Scalar, local: LocalStep | null = null): tf.Scalar {
  const step = lossAndGradients(model, loss, batch, true, local?.classWeights);
  if (local) local.move(step.gradients, rate);
  else applyGradients(model.trainable, step.gradients, rate);
  tf.dispose(step.gradients);
  return step.loss;
}
