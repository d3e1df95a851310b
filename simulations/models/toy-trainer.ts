/**
 * Linear regression y = a·x + b by mean squared error, in plain numbers: a trainer whose every
 * step can be worked out by hand. It obeys the Trainer contract (weights [a, b]), shuffling apart:
 * minibatches are taken in the order of the examples, so that the results are known exactly. Classes to weigh it has none.
 */
import type { TrainOptions, Trainer } from '../../shared/model/trainer.ts';
import { trainingSteps } from '../../shared/model/training-length.ts';
import { createLayout } from '../../shared/tensors/layout.ts';
import { createPlainStep } from './plain-step.ts';

export const TOY_LAYOUT = createLayout([{ name: 'a', shape: [] }, { name: 'b', shape: [] }]);

type ToyExample = readonly [x: number, y: number];

export interface ToyTrainer extends Trainer {
  /** The options of each call of `train`. */
  readonly calls: readonly TrainOptions[];
}

export function createToyTrainer(examples: readonly ToyExample[], heldOut: readonly ToyExample[] = []): ToyTrainer {
  let weights = new Float32Array(2);
  const calls: TrainOptions[] = [];
  const gradientOver = (batch: readonly ToyExample[]): { gradient: Float32Array; loss: number } => {
    let [a, b, loss] = [0, 0, 0];
    for (const [x, y] of batch) {
      const error = weights[0] * x + weights[1] - y;
      a += (2 * error * x) / batch.length;
      b += (2 * error) / batch.length;
      loss += error ** 2 / batch.length;
    }
    return { gradient: Float32Array.of(a, b), loss };
  };
  return {
    layout: TOY_LAYOUT,
    examples: examples.length,
    heldOut: heldOut.length,
    calls,
    load(values) {
      weights = values.slice();
    },
    read: () => Promise.resolve(weights.slice()),
    train(options) {
      calls.push(options);
      options.signal?.throwIfAborted();
      const { batchSize, inEpoch, steps } = trainingSteps(options, options.batchSize, examples.length);
      const plain = createPlainStep(options, weights, TOY_LAYOUT.tensors.map(({ name }) => name));
      let [loss, counted, from] = [0, 0, 0];
      for (let step = 0; step < steps; step++) {
        // As the real one: the last whole epoch, and what was begun after it.
        if (step % inEpoch === 0 && (step === 0 || steps - step >= inEpoch)) [loss, counted] = [0, 0];
        const batch = examples.slice(from, from + batchSize);
        from = from + batchSize >= examples.length ? 0 : from + batchSize;
        const found = gradientOver(batch);
        weights = plain.next(weights, found.gradient);
        loss += found.loss * batch.length;
        counted += batch.length;
      }
      return Promise.resolve({ examples: examples.length, steps, loss: loss / counted });
    },
    gradient: () => Promise.resolve({ ...gradientOver(examples), examples: examples.length }),
    evaluate({ on = 'validation' } = {}) {
      const judged = on === 'train' || heldOut.length === 0 ? examples : heldOut;
      return Promise.resolve({ examples: judged.length, loss: gradientOver(judged).loss, accuracy: null });
    },
    dispose: () => undefined,
  };
}
