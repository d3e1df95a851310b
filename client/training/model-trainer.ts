/** The Trainer that algorithms are given, by TensorFlow.js: a model that was built, on examples that lie in the backend. */
import * as tf from '@tensorflow/tfjs-core';
import { MurmurError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { buildModel, type BuiltModel, type ModelSpec } from '../../shared/model/build-model.ts';
import { evaluateModel, evaluationPass } from '../../shared/model/evaluate.ts';
import type { LossName } from '../../shared/model/loss.ts';
import type { Batch, ResidentExamples } from '../../shared/model/resident-examples.ts';
import { createEvaluationRunner, type EvaluationRunner } from '../../shared/model/replay/evaluation-runner.ts';
import { createStepRunner, type StepRunner } from '../../shared/model/replay/step-runner.ts';
import { stepKindOf, type LocalStep } from '../../shared/model/local-step.ts';
import { lossAndGradients } from '../../shared/model/train-step.ts';
import { applyGradients } from '../../shared/model/apply-gradients.ts';
import type { Evaluation, Trainer, TrainOptions } from '../../shared/model/trainer.ts';
import { checkTrainingLength, trainingSteps, type TrainingSteps } from '../../shared/model/training-length.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { createBreather, type Breather } from './breather.ts';
import { createLossMeter } from './loss-meter.ts';
import type { ResidentDataset } from './resident-dataset.ts';

/** A larger batch is worked through in parts of this size: bounded memory, and a signal is heard in time. */
const PART = 250;
const PROGRESS_MS = 250;

/** A model ready to work, with all that it has learned of its own speed: what trainers, one after the other, can share. */
export interface WorkingModel {
  readonly model: BuiltModel;
  readonly loss: LossName;
  readonly backend: BackendName;
  readonly runner: StepRunner;
  readonly evaluator: EvaluationRunner;
  /** True while a call computes. */
  busy: boolean;
  dispose(): void;
}

/** Builds the task's model on a backend. @throws backend_failed, bad_task_spec */
export async function openModel(spec: ModelSpec, { backend, logger }: { readonly backend: BackendName; readonly logger?: Logger }): Promise<WorkingModel> {
  await prepareBackend(backend);
  const model = await buildModel(spec);
  useBackend(backend);
  const { loss } = spec.model;
  const runner = createStepRunner({ model, loss, logger });
  const evaluator = createEvaluationRunner({ model, pass: evaluationPass(model, loss), logger });
  return {
    model,
    loss,
    backend,
    runner,
    evaluator,
    busy: false,
    dispose() {
      runner.dispose();
      evaluator.dispose();
      model.dispose();
    },
  };
}

/** Does the work, and nothing else on this model meanwhile: calls must not overlap, since they share the weights. @throws internal where they do */
export async function exclusively<T>(working: WorkingModel, work: (breather: Breather) => Promise<T>): Promise<T> {
  if (working.busy) throw new MurmurError('internal', 'the trainer is at work already; calls must not overlap');
  working.busy = true;
  useBackend(working.backend);
  const breather = createBreather();
  try {
    return await work(breather);
  } finally {
    working.busy = false;
    breather.close();
  }
}

/** Awaits a turn of the event loop when one is due; another trainer may have changed the current backend meanwhile. */
async function restOn(backend: BackendName, breather: Breather): Promise<void> {
  const turn = breather.breathe();
  if (turn === undefined) return;
  await turn;
  useBackend(backend);
}

/** Loss and accuracy over examples at the weights in place. Within `exclusively`. */
export function evaluateOn({ model, loss, backend, evaluator }: WorkingModel, examples: ResidentExamples, breather: Breather): Promise<Evaluation> {
  return evaluateModel(model, loss, examples, { runner: evaluator, pause: () => restOn(backend, breather) });
}

export interface ModelTrainerOptions {
  readonly working: WorkingModel;
  readonly dataset: ResidentDataset;
  /** Throws where the model has been given to somebody else. */
  readonly checkAttached?: () => void;
  readonly dispose: () => void;
}

export function createModelTrainer({ working, dataset, checkAttached, dispose }: ModelTrainerOptions): Trainer {
  const { model, loss, backend, runner } = working;
  const { train, validation } = dataset;
  const trainExamples = (): ResidentExamples => {
    if (train === null) throw new MurmurError('bad_dataset', `${dataset.source} holds no examples to train on`);
    return train;
  };
  const alone = async <T>(work: (breather: Breather) => Promise<T>): Promise<T> => {
    checkAttached?.();
    return exclusively(working, work);
  };
  const rest = (breather: Breather): Promise<void> => restOn(backend, breather);

  /** The step on a batch too large for one pass: gradients of its parts, added by their shares. Disposes the batch. */
  const stepInParts = async (batch: Batch, rate: tf.Scalar, local: LocalStep | null, signal: AbortSignal | undefined, breather: Breather): Promise<tf.Scalar> => {
    const size = batch.x.shape[0];
    try {
      const { gradients, loss: mean } = await weightedGradients(size, PART, true, (from, to) => sliceBatch(batch, from, to), signal, breather, local?.classWeights);
      if (local) local.move(gradients, rate);
      else applyGradients(model.trainable, gradients, rate);
      tf.dispose(gradients);
      return mean;
    } finally {
      tf.dispose([batch.x, batch.labels]);
    }
  };

  /** Mean loss and gradients over `size` examples, in parts weighted by their sizes. */
  const weightedGradients = async (size: number, partSize: number, training: boolean, part: (from: number, to: number) => Batch, signal: AbortSignal | undefined, breather: Breather, classWeights: tf.Tensor | null = null): Promise<{ loss: tf.Scalar; gradients: tf.Tensor[] }> => {
    let sums: tf.Tensor[] | null = null;
    try {
      for (let from = 0; from < size; from += partSize) {
        throwIfAborted(signal);
        const to = Math.min(from + partSize, size);
        const added: tf.Tensor[] = tf.tidy(() => {
          const step = lossAndGradients(model, loss, part(from, to), training, classWeights);
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
    heldOut: validation?.size ?? 0,

    load(values) {
      checkAttached?.();
      useBackend(backend);
      model.setWeights(values);
    },

    async read() {
      checkAttached?.();
      useBackend(backend);
      return model.getWeights();
    },

    train: (options) =>
      alone(async (breather) => {
        checkTrainOptions(options, model.layout);
        const examples = trainExamples();
        const classWeights = classWeightsOf(options.classWeights ?? null, dataset.classCounts);
        const { signal, onProgress } = options;
        const length = trainingSteps(options, options.batchSize, examples.size);
        const { batchSize, inEpoch, steps } = length;
        const random = createRandom(options.seed);
        model.noise.reseed(random.fork('noise'));
        const inParts = batchSize > PART && !model.mixesBatch;
        const rate = inParts ? tf.scalar(options.learningRate) : null;
        runner.use(examples);
        const local = runner.begin(options.learningRate, stepsBySize(length, examples.size), stepKindOf(options, classWeights?.length ?? 0));
        local?.begin({ anchor: options.proximal?.anchor ?? null, correction: options.correction ?? null, classWeights });
        const endAt = performance.now() + 1000 * (options.seconds ?? Infinity);
        let outOfTime = false;
        const meter = createLossMeter();
        let step = 0;
        let loss = NaN;
        let progressAt = performance.now();
        try {
          for (let epoch = 0; step < steps && !outOfTime; epoch++) {
            const order = shuffle(Int32Array.from({ length: examples.size }, (_, i) => i), random.fork(`epoch ${epoch}`));
            // What is left when no whole epoch follows counts to the last one: its mean alone could be one batch's.
            if (epoch === 0 || steps - step >= inEpoch) meter.reset();
            for (let from = 0; from < examples.size && step < steps && !outOfTime; from += batchSize) {
              throwIfAborted(signal);
              const indices = order.slice(from, from + batchSize);
              meter.add(rate === null ? runner.step(indices) : await stepInParts(examples.gather(indices), rate, local, signal, breather), indices.length);
              step++;
              await rest(breather);
              outOfTime = performance.now() >= endAt;
              if (performance.now() - progressAt >= PROGRESS_MS && step < steps) {
                // Read even where nobody listens: a GPU only queues steps, and an aborted training would run on until its queue is empty.
                const mean = await meter.mean();
                useBackend(backend);
                onProgress?.({ step, steps, loss: mean });
                progressAt = performance.now();
              }
            }
            loss = await meter.mean();
            useBackend(backend);
            onProgress?.({ step, steps, loss });
          }
          throwIfAborted(signal);
          return { examples: examples.size, steps: step, loss };
        } finally {
          meter.reset();
          runner.end();
          rate?.dispose();
        }
      }),

    gradient: ({ signal }) =>
      alone(async (breather) => {
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
      alone((breather) => {
        const examples = options.on === 'train' || validation === null ? trainExamples() : validation;
        return evaluateOn(working, examples, breather);
      }),

    dispose,
  };
}

function sliceBatch({ x, labels }: Batch, from: number, to: number): Batch {
  const rows = (tensor: tf.Tensor): tf.Tensor => tf.slice(tensor, [from, ...tensor.shape.slice(1).map(() => 0)], [to - from, ...tensor.shape.slice(1)]);
  return { x: rows(x), labels: rows(labels) };
}

/** How many of the steps have how many examples. */
function stepsBySize({ batchSize, inEpoch, steps }: TrainingSteps, examples: number): ReadonlyMap<number, number> {
  const epochs = Math.floor(steps / inEpoch);
  const rest = examples % batchSize;
  // A begun epoch ends before its last batch.
  return rest === 0 ? new Map([[batchSize, steps]]) : new Map([[batchSize, steps - epochs], [rest, epochs]]);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MurmurError('aborted', 'training was aborted', { cause: signal.reason });
}

/** A weight for each class: as given, or n / (k · nᶜ) of n examples in k classes, so that an edge's classes count alike and its examples 1 in the mean. */
function classWeightsOf(wanted: 'balanced' | readonly number[] | null, counts: readonly number[] | null): Float32Array | null {
  if (wanted === null) return null;
  if (counts === null) throw new MurmurError('bad_config', 'classWeights weigh classes, and the labels are no class indices');
  if (wanted !== 'balanced' && wanted.length !== counts.length) throw new MurmurError('bad_config', `classWeights are ${wanted.length}, the task's classes ${counts.length}`);
  if (wanted !== 'balanced') return Float32Array.from(wanted);
  const examples = counts.reduce((a, b) => a + b, 0);
  const held = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count === 0 ? 0 : examples / (held * count)));
}

function checkTrainOptions(options: TrainOptions, { size, tensors }: Layout): void {
  checkTrainingLength(options);
  const { batchSize, learningRate, seconds, clipNorm, proximal, correction, frozen = [] } = options;
  const unknown = frozen.find((name) => !tensors.some((tensor) => tensor.name === name));
  if (unknown !== undefined) throw new MurmurError('bad_config', `frozen names ${unknown}, and the model has no such weight`);
  for (const [name, value] of [['seconds', seconds], ['clipNorm', clipNorm]] as const) {
    if (value !== null && value !== undefined && !(value > 0)) throw new MurmurError('bad_config', `${name} is ${value}; it must be more than 0`);
  }
  for (const [name, vector] of [['proximal.anchor', proximal?.anchor], ['correction', correction]] as const) {
    if (vector && vector.length !== size) throw new MurmurError('bad_layout', `${name} has ${vector.length} values, the model has ${size}`);
  }
  if (batchSize !== null && (!Number.isSafeInteger(batchSize) || batchSize < 1)) throw new MurmurError('bad_config', `batchSize is ${batchSize}; it must be a positive integer, or null for all examples at once`);
  if (!Number.isFinite(learningRate)) throw new MurmurError('bad_config', `learningRate is ${learningRate}; it must be a finite number`);
}
