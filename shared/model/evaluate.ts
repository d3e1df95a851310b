/** Loss and accuracy of a model over examples, in batches. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../errors.ts';
import type { BuiltModel } from './build-model.ts';
import { exampleLosses, rightlyClassified, targetsOf, type LossName } from './loss.ts';
import type { ResidentExamples } from './resident-examples.ts';
import type { Evaluation } from './trainer.ts';

/** Examples a batch: enough to keep a backend busy, few enough for a convolutional net's activations. */
const BATCH = 250;

export interface EvaluateOptions {
  readonly signal?: AbortSignal;
  /** Awaited between batches, so that the event loop lives. */
  readonly pause?: () => Promise<void> | undefined;
}

/**
 * Mean loss, and the fraction classified rightly (null where labels are numbers). Without the
 * layers' regularisation: it measures the fit, not the objective. Leaves no tensor behind.
 * @throws aborted
 */
export async function evaluateModel(model: BuiltModel, loss: LossName, examples: ResidentExamples, options: EvaluateOptions = {}): Promise<Evaluation> {
  const parts: tf.Tensor[] = [];
  let classified = false;
  try {
    for (let from = 0; from < examples.size; from += BATCH) {
      if (options.signal?.aborted) throw new MurmurError('aborted', 'evaluation was aborted', { cause: options.signal.reason });
      const part = tf.tidy(() => {
        const { x, labels } = examples.range(from, Math.min(from + BATCH, examples.size));
        classified = labels.dtype === 'int32';
        const raw = model.forward(x, false);
        const lossSum = tf.sum(exampleLosses(loss, model.head, raw, targetsOf(labels, raw)));
        return tf.stack([lossSum, classified ? tf.sum(rightlyClassified(model.head, raw, labels)) : tf.scalar(0)]);
      });
      parts.push(part);
      await options.pause?.();
    }
    // Read at the end: on a GPU each read waits for all that was asked before it.
    const sums = await Promise.all(parts.map((part) => part.data()));
    const lossSum = sums.reduce((sum, part) => sum + part[0], 0);
    const right = sums.reduce((sum, part) => sum + part[1], 0);
    return { examples: examples.size, loss: lossSum / examples.size, accuracy: classified ? right / examples.size : null };
  } finally {
    tf.dispose(parts);
  }
}
