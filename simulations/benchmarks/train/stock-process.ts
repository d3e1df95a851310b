/**
 * The baseline: TensorFlow.js as it comes, without any kernel of ours, used as its own examples use it. Examples and
 * one-hot labels lie in the backend, a batch is gathered there, and the loss is read once an epoch.
 */
import * as tf from '@tensorflow/tfjs-core';
import { models, type LayersModel } from '@tensorflow/tfjs-layers';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { MurmurError } from '../../../shared/errors.ts';
import { zeroWeights } from '../../../shared/model/initial-weights.ts';
import { layersOf, type Topology } from '../../../shared/model/topology.ts';
import { serveOrders } from '../child-process.ts';
import type { TrainBackend } from './cases.ts';
import { CLASSES, epochOrder, readExercise, type Exercise } from './exercise.ts';
import { distance, timed, type TrainedTurn, type TrainOrders, type Turn } from './orders.ts';

interface Stock {
  readonly exercise: Exercise;
  readonly model: LayersModel;
  readonly inputs: tf.Tensor;
  readonly targets: tf.Tensor;
  readonly optimizer: tf.Optimizer;
}

let stock: Stock | null = null;

async function useStockBackend(backend: TrainBackend): Promise<void> {
  if (backend === 'wasm') {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep);
    wasm.setThreadsCount(1);
  } else {
    await import('@tensorflow/tfjs-backend-cpu');
    (tf.findBackend('cpu') as { firstUse?: boolean }).firstUse = false;
  }
  if (!(await tf.setBackend(backend))) throw new MurmurError('backend_failed', `TensorFlow.js does not start its backend ${backend}`);
}

/** The last layer's softmax goes into the loss, which is what TensorFlow.js computes fastest and exactly. */
function withLogits(topology: Topology): Topology {
  const layers = layersOf(topology) as { readonly class_name: string; readonly config: object }[];
  const last = layers[layers.length - 1];
  return { ...topology, config: { ...(topology.config as object), layers: [...layers.slice(0, -1), { ...last, config: { ...last.config, activation: 'linear' } }] } };
}

async function start({ folder, backend }: TrainOrders['start']['payload']): Promise<null> {
  await useStockBackend(backend);
  const exercise = await readExercise(folder);
  const { facts, inputs, labels } = exercise;
  // Weights come from the exercise: no initializer is asked, the orthogonal ones would take seconds.
  const model = await zeroWeights(() => models.modelFromJSON(withLogits(facts.spec.model.topology) as unknown as Parameters<typeof models.modelFromJSON>[0]));
  stock = {
    exercise, model, optimizer: tf.train.sgd(facts.learningRate),
    inputs: tf.tensor(inputs, [facts.examples, ...facts.inputShape]),
    targets: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), 'float32')),
  };
  return null;
}

function setWeights({ exercise: { facts, weights }, model }: Stock): void {
  let at = 0;
  const tensors = facts.weights.map(({ shape }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    at += size;
    return tf.tensor(weights.slice(at - size, at), [...shape]);
  });
  model.setWeights(tensors);
  tf.dispose(tensors);
}

async function readWeights({ exercise, model }: Stock): Promise<Float32Array> {
  const values = new Float32Array(exercise.weights.length);
  let at = 0;
  for (const weight of model.weights) {
    const part = await weight.read().data();
    values.set(part, at);
    at += part.length;
  }
  return values;
}

/** One epoch; its mean loss, read once. */
async function trainEpoch({ exercise: { facts }, model, inputs, targets, optimizer }: Stock, variables: tf.Variable[], order: Int32Array): Promise<number> {
  const sums: tf.Scalar[] = [];
  for (let from = 0; from < order.length; from += facts.batchSize) {
    sums.push(tf.tidy(() => {
      const at = tf.tensor1d(order.slice(from, from + facts.batchSize), 'int32');
      const [x, y] = [tf.gather(inputs, at), tf.gather(targets, at)];
      const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor), true, variables) as tf.Scalar;
      return tf.mul<tf.Scalar>(loss, at.size);
    }));
  }
  const sum = tf.tidy(() => tf.sum(tf.stack(sums)));
  const mean = (await sum.data())[0] / order.length;
  tf.dispose([sums, sum]);
  return mean;
}

async function train({ epochs, seed }: Turn): Promise<TrainedTurn> {
  if (stock === null) throw new MurmurError('internal', 'the baseline was not started');
  const side = stock;
  const { facts, weights } = side.exercise;
  setWeights(side);
  const variables = side.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const before = tf.memory().numTensors;
  const { result: losses, ms, cpuMs } = await timed(async () => {
    const means: number[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) means.push(await trainEpoch(side, variables, epochOrder(facts.examples, seed, epoch)));
    return means;
  });
  const tensorsLeft = tf.memory().numTensors - before;
  return { ms, cpuMs, steps: epochs * Math.ceil(facts.examples / facts.batchSize), losses, tensorsLeft, moved: distance(await readWeights(side), weights) };
}

serveOrders<TrainOrders>(
  {
    start,
    train,
    endure: () => Promise.reject(new MurmurError('internal', 'the memory of the baseline is not watched')),
  },
  async () => void stock?.model.dispose(),
);
