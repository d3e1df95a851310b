/** Loss and accuracy of a model over examples, in batches. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../errors.ts';
import type { BuiltModel } from './build-model.ts';
import { exampleLosses, rightlyClassified, targetsOf, type LossName } from './loss.ts';
import { createEvaluationRunner, type EvaluationRunner } from './replay/evaluation-runner.ts';
import type { Batch, ResidentExamples } from './resident-examples.ts';
import type { Evaluation } from './trainer.ts';

/** Examples a batch: enough to keep a backend busy, few enough for a convolutional net's activations. */
const BATCH = 250;

/** Sums over a batch: of the losses, and of the examples classified rightly (0 where labels are numbers). Two numbers, in the backend. */
export function evaluationPass(model: BuiltModel, loss: LossName): (batch: Batch) => tf.Tensor {
  return ({ x, labels }) =>
    tf.tidy(() => {
      const raw = model.forward(x, false);
      const lossSum = tf.sum(exampleLosses(loss, model.head, raw, targetsOf(labels, raw)));
      return tf.stack([lossSum, labels.dtype === 'int32' ? tf.sum(rightlyClassified(model.head, raw, labels)) : tf.scalar(0)]);
    });
}

export interface EvaluateOptions {
  readonly signal?: AbortSignal;
  /** Of the model's `evaluationPass`: whoever evaluates it again and again keeps one. */
  readonly runner?: EvaluationRunner;
  /** Awaited between batches, so that the event loop lives. */
  readonly pause?: () => Promise<void> | undefined;
}

/**
 * Mean loss, and the fraction classified rightly (null where labels are numbers). Without the
 * layers' regularisation: it measures the fit, not the objective. Leaves no tensor behind.
 * @throws aborted
 */
export async function evaluateModel(model: BuiltModel, loss: LossName, examples: ResidentExamples, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { size } = examples;
  const runner = options.runner ?? createEvaluationRunner({ model, pass: evaluationPass(model, loss), replay: false });
  const classified = examples.tensors.labels.dtype === 'int32';
  const parts: (tf.Tensor | Float32Array)[] = [];
  try {
    for (let from = 0; from < size; from += BATCH) {
      if (options.signal?.aborted) throw new MurmurError('aborted', 'evaluation was aborted', { cause: options.signal.reason });
      parts.push(runner.run(examples, from, Math.min(from + BATCH, size), Math.floor((size - from) / BATCH)));
      await options.pause?.();
    }
    // Read at the end: on a GPU each read waits for all that was asked before it.
    const sums = await Promise.all(parts.map(async (part) => (part instanceof Float32Array ? part : part.data())));
    const lossSum = sums.reduce((sum, part) => sum + part[0], 0);
    const right = sums.reduce((sum, part) => sum + part[1], 0);
    return { examples: size, loss: lossSum / size, accuracy: classified ? right / size : null };
  } finally {
    for (const part of parts) if (!(part instanceof Float32Array)) part.dispose();
  }
}
