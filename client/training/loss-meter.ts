/** The mean loss over an epoch, kept in the backend until somebody asks: a read makes a GPU wait. */
import * as tf from '@tensorflow/tfjs-core';

export interface LossMeter {
  /** Takes the mean loss of a batch over; disposes it in time. */
  add(loss: tf.Scalar, examples: number): void;
  /** Mean over the examples added since the reset; NaN when there are none. */
  mean(): Promise<number>;
  /** Forgets all and frees the tensors. */
  reset(): void;
}

/** Batches whose losses wait to be added up in one operation. */
const PENDING = 64;

export function createLossMeter(): LossMeter {
  // Batches of one size add up as they are; the last of an epoch may be smaller.
  let pending: { loss: tf.Scalar; examples: number }[] = [];
  let sum = 0;
  let examples = 0;
  let folded: { total: tf.Tensor; examples: number }[] = [];

  const fold = (): void => {
    if (pending.length === 0) return;
    const weights = pending.map((entry) => entry.examples);
    const total = tf.tidy(() => tf.sum(tf.mul(tf.stack(pending.map((entry) => entry.loss)), tf.tensor1d(weights))));
    tf.dispose(pending.map((entry) => entry.loss));
    folded.push({ total, examples: weights.reduce((a, b) => a + b, 0) });
    pending = [];
  };

  return {
    add(loss, count) {
      pending.push({ loss, examples: count });
      if (pending.length === PENDING) fold();
    },
    async mean() {
      fold();
      const taken = folded;
      folded = [];
      const values = await Promise.all(taken.map(({ total }) => total.data()));
      taken.forEach((part, i) => {
        sum += values[i][0];
        examples += part.examples;
        part.total.dispose();
      });
      return sum / examples;
    },
    reset() {
      tf.dispose([...pending.map(({ loss }) => loss), ...folded.map(({ total }) => total)]);
      pending = [];
      folded = [];
      sum = 0;
      examples = 0;
    },
  };
}
