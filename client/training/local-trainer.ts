/** Local training on what one edge holds: the Trainer that algorithms are given, by TensorFlow.js. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { buildModel, type ModelSpec } from '../../shared/model/build-model.ts';
import { evaluateModel } from '../../shared/model/evaluate.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import { uploadExamples, type Batch } from '../../shared/model/resident-examples.ts';
import { createStepRunner, type StepRunner } from '../../shared/model/replay/step-runner.ts';
import { applyGradients, lossAndGradients } from '../../shared/model/train-step.ts';
import type { Trainer, TrainOptions } from '../../shared/model/trainer.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { createBreather, type Breather } from './breather.ts';
import { createLossMeter } from './loss-meter.ts';

/** A larger batch is worked through in parts of this size: bounded memory, and a signal is heard in time. */
const PART = 250;
const PROGRESS_MS = 250;

export interface LocalTrainerOptions {
  readonly backend: BackendName;
  /** Told why steps are not replayed where they are not. */
  readonly logger?: Logger;
}

/**
 * Builds the task's model and copies the dataset into the backend.
 * @throws backend_failed, bad_task_spec, bad_dataset
 */
export async function createLocalTrainer(spec: ModelSpec, dataset: Dataset, { backend, logger }: LocalTrainerOptions): Promise<Trainer> {
  await prepareBackend(backend);
  const loss = spec.model.loss;
  const model = await buildModel(spec);
  useBackend(backend);
  const upload = (examples: Dataset['train'] | null) => (examples && examples.size > 0 ? uploadExamples(spec, examples, dataset.source) : null);
  let train: ReturnType<typeof upload> = null;
  let validation: ReturnType<typeof upload> = null;
  try {
    train = upload(dataset.train);
    validation = upload(dataset.validation);
  } catch (thrown) {
    train?.dispose();
    model.dispose();
    throw thrown;
  }

  const runner = train === null ? null : createStepRunner({ model, loss, examples: train, logger });
  const trainExamples = (): NonNullable<typeof train> => {
    if (train === null) throw new MurmurError('bad_dataset', `${dataset.source} holds no examples to train on`);
    return train;
  };
  let busy = false;
  /** Calls must not overlap: they share the weights. */
  const exclusively = async <T>(work: (breather: Breather) => Promise<T>): Promise<T> => {
    if (busy) throw new MurmurError('internal', 'the trainer is at work already; calls must not overlap');
    busy = true;
    useBackend(backend);
    const breather = createBreather();
    try {
      return await work(breather);
    } finally {
      busy = false;
      breather.close();
    }
  };
  /** Awaits a turn of the event loop when one is due; another trainer may have changed the current backend meanwhile. */
  const rest = async (breather: Breather): Promise<void> => {
    const turn = breather.breathe();
    if (turn === undefined) return;
    await turn;
    useBackend(backend);
  };

  /** The step on a batch too large for one pass: gradients of its parts, added by their shares. Disposes the batch. */
  const stepInParts = async (batch: Batch, rate: tf.Scalar, signal: AbortSignal | undefined, breather: Breather): Promise<tf.Scalar> => {
    const size = batch.x.shape[0];
    try {
      const { gradients, loss: mean } = await weightedGradients(size, PART, true, (from, to) => sliceBatch(batch, from, to), signal, breather);
      applyGradients(model, gradients, rate);
      tf.dispose(gradients);
      return mean;
    } finally {
      tf.dispose([batch.x, batch.labels]);
    }
  };

  /** Mean loss and gradients over `size` examples, in parts weighted by their sizes. */
  const weightedGradients = async (size: number, partSize: number, training: boolean, part: (from: number, to: number) => Batch, signal: AbortSignal | undefined, breather: Breather): Promise<{ loss: tf.Scalar; gradients: tf.Tensor[] }> => {
    let sums: tf.Tensor[] | null = null;
    try {
      for (let from = 0; from < size; from += partSize) {
        throwIfAborted(signal);
        const to = Math.min(from + partSize, size);
        const added: tf.Tensor[] = tf.tidy(() => {
          const step = lossAndGradients(model, loss, part(from, to), training);
          const scaled = [step.loss, ...step.gradients].map((tensor) => tf.mul(tensor, (to - from) / size));
          return sums === null ? scaled : scaled.map((tensor, i) => tf.add((sums as tf.Tensor[])[i], tensor));
        });
        tf.dispose(sums ?? []);
        sums = added;
        await rest(breather);
      }
    } catch (thrown) {
      tf.dispose(sums ?? []);
      throw thrown;
    }
    const [mean, ...gradients] = sums as unknown as [tf.Scalar, ...tf.Tensor[]];
    return { loss: mean, gradients };
  };

  return {
    layout: model.layout,
    examples: train?.size ?? 0,

    load(values) {
      useBackend(backend);
      model.setWeights(values);
    },

    read: () => {
      useBackend(backend);
      return model.getWeights();
    },

    train: (options) =>
      exclusively(async (breather) => {
        checkTrainOptions(options);
        const examples = trainExamples();
        const { epochs, signal, onProgress } = options;
        const batchSize = Math.min(options.batchSize ?? examples.size, examples.size);
        const stepsInEpoch = Math.ceil(examples.size / batchSize);
        const steps = epochs * stepsInEpoch;
        const random = createRandom(options.seed);
        model.noise.reseed(random.fork('noise'));
        const inParts = batchSize > PART && !model.mixesBatch;
        const rate = inParts ? tf.scalar(options.learningRate) : null;
        runner?.begin(options.learningRate, stepsBySize(examples.size, batchSize, epochs));
        const meter = createLossMeter();
        let step = 0;
        let epochLoss = NaN;
        let progressAt = performance.now();
        try {
          for (let epoch = 0; epoch < epochs; epoch++) {
            const order = shuffle(Int32Array.from({ length: examples.size }, (_, i) => i), random.fork(`epoch ${epoch}`));
            meter.reset();
            for (let from = 0; from < examples.size; from += batchSize) {
              throwIfAborted(signal);
              const indices = order.slice(from, from + batchSize);
              meter.add(rate === null ? (runner as StepRunner).step(indices) : await stepInParts(examples.gather(indices), rate, signal, breather), indices.length);
              step++;
              await rest(breather);
              if (performance.now() - progressAt >= PROGRESS_MS && step < steps) {
                // Read even where nobody listens: a GPU only queues steps, and an aborted training would run on until its queue is empty.
                const mean = await meter.mean();
                useBackend(backend);
                onProgress?.({ step, steps, loss: mean });
                progressAt = performance.now();
              }
            }
            epochLoss = await meter.mean();
            useBackend(backend);
            onProgress?.({ step, steps, loss: epochLoss });
          }
          throwIfAborted(signal);
          return { examples: examples.size, steps, loss: epochLoss };
        } finally {
          meter.reset();
          runner?.end();
          rate?.dispose();
        }
      }),

    gradient: ({ signal }) =>
      exclusively(async (breather) => {
        const examples = trainExamples();
        // Without dropout and batch statistics: the exact gradient of the mean loss, whatever the parts.
        const result = await weightedGradients(examples.size, PART, false, (from, to) => examples.range(from, to), signal, breather);
        try {
          const gradient = new Float32Array(model.layout.size);
          const [mean, ...parts] = await Promise.all([result.loss, ...result.gradients].map((tensor) => tensor.data()));
          parts.forEach((part, i) => gradient.set(part, model.layout.tensors[model.trainable[i].place].offset));
          return { gradient, examples: examples.size, loss: mean[0] };
        } finally {
          tf.dispose([result.loss, ...result.gradients]);
        }
      }),

    evaluate: (options = {}) =>
      exclusively((breather) => {
        const examples = options.on === 'train' || validation === null ? trainExamples() : validation;
        return evaluateModel(model, loss, examples, { pause: () => rest(breather) });
      }),

    dispose() {
      runner?.dispose();
      train?.dispose();
      validation?.dispose();
      model.dispose();
    },
  };
}

function sliceBatch({ x, labels }: Batch, from: number, to: number): Batch {
  const rows = (tensor: tf.Tensor): tf.Tensor => tf.slice(tensor, [from, ...tensor.shape.slice(1).map(() => 0)], [to - from, ...tensor.shape.slice(1)]);
  return { x: rows(x), labels: rows(labels) };
}

/** How many steps of an epoch's batches have how many examples. */
function stepsBySize(examples: number, batchSize: number, epochs: number): ReadonlyMap<number, number> {
  const whole = Math.floor(examples / batchSize);
  const rest = examples % batchSize;
  return new Map([[batchSize, whole * epochs], ...(rest > 0 ? [[rest, epochs] as const] : [])]);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MurmurError('aborted', 'training was aborted', { cause: signal.reason });
}

function checkTrainOptions({ epochs, batchSize, learningRate }: TrainOptions): void {
  if (!Number.isSafeInteger(epochs) || epochs < 1) throw new MurmurError('bad_config', `epochs is ${epochs}; it must be a positive integer`);
  if (batchSize !== null && (!Number.isSafeInteger(batchSize) || batchSize < 1)) throw new MurmurError('bad_config', `batchSize is ${batchSize}; it must be a positive integer, or null for all examples at once`);
  if (!Number.isFinite(learningRate)) throw new MurmurError('bad_config', `learningRate is ${learningRate}; it must be a finite number`);
}
