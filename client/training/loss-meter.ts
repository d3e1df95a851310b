/** The mean loss over an epoch, kept in the backend until somebody asks: a read makes a GPU wait. */
import * as tf from '@tensorflow/tfjs-core';

export interface LossMeter {
  /** Takes the mean loss of a batch over; where it still lies in the backend, disposes it in time. */
  add(loss: tf.Scalar | number, examples: number): void;
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

  const total = (): tf.Tensor => {
    const weights = pending.map((entry) => entry.examples);
    return tf.tidy(() => tf.sum(tf.mul(tf.stack(pending.map((entry) => entry.loss)), tf.tensor1d(weights))));
  };
  const pendingExamples = (): number => pending.reduce((count, entry) => count + entry.examples, 0);
  const fold = (): void => {
    folded.push({ total: total(), examples: pendingExamples() });
    tf.dispose(pending.map((entry) => entry.loss));
    pending = [];
  };

  return {
    add(loss, count) {
      if (typeof loss === 'number') {
        sum += loss * count;
        examples += count;
        return;
      }
      pending.push({ loss, examples: count });
      if (pending.length === PENDING) fold();
    },
    async mean() {
      const taken = folded;
      folded = [];
      // Read, but not folded: what is added up together must not depend on when somebody asks.
      const rest = pending.length === 0 ? null : { total: total(), examples: pendingExamples() };
      const values = await Promise.all([...taken, ...(rest ? [rest] : [])].map((part) => part.total.data()));
      taken.forEach((part, i) => {
        sum += values[i][0];
        examples += part.examples;
        part.total.dispose();
      });
      if (rest === null) return sum / examples;
      rest.total.dispose();
      return (sum + values[taken.length][0]) / (examples + rest.examples);
    },
    reset() {
      tf.dispose([...pending.map(({ loss }) => loss), ...folded.map(({ total: held }) => held)]);
      pending = [];
      folded = [];
      sum = 0;
      examples = 0;
    },
  };
}
