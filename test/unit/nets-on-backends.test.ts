/** The nets of the project train on each fast backend of Node, by the same gradients as on the plain one. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import { initialParameters, type ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';
import { cnn } from '../../simulations/models/cnn.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { textRnn } from '../../simulations/models/text-rnn.ts';
import { nodeBackends } from '../helpers/node-backends.ts';

const validation = { fraction: 0, seed: 1 };
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);

/** Images with a bright horizontal bar whose height tells the class. */
function bars(size: number, side: number, classes: number, shape: readonly number[]): Examples {
  const random = createRandom(3);
  const labels = Int32Array.from({ length: size }, (_, i) => i % classes);
  const inputs = new Uint8Array(size * side * side);
  for (let i = 0; i < size; i++) {
    const bar = Math.floor(((labels[i] + 0.5) * side) / classes);
    for (let p = 0; p < side * side; p++) inputs[i * side * side + p] = random.int(60) + (Math.floor(p / side) === bar ? 180 : 0);
  }
  return { size, inputs, inputShape: shape, scale: 1 / 255, labels, labelShape: [] };
}

/** Sequences of word indices; the class is whether word 5 comes before word 6. */
function order(size: number, length: number, words: number): Examples {
  const random = createRandom(4);
  const labels = Int32Array.from({ length: size }, (_, i) => i % 2);
  const inputs = Int32Array.from({ length: size * length }, () => 7 + random.int(words - 7));
  for (let i = 0; i < size; i++) {
    const [first, second] = [random.int(3), 3 + random.int(length - 3)];
    inputs[i * length + first] = labels[i] === 0 ? 5 : 6;
    inputs[i * length + second] = labels[i] === 0 ? 6 : 5;
  }
  return { size, inputs, inputShape: [length], scale: 1, labels, labelShape: [] };
}

const text = (cell: 'GRU' | 'LSTM', length: number, words: number): ModelSpec => ({
  model: { topology: textRnn({ words, length, classes: 2, cell, embedding: 8, units: 12 }), loss: 'categoricalCrossentropy', seed: 3 },
  data: { kind: 'text', column: 't', labelColumn: 'l', classes: names(2), length, vocabulary: Array.from({ length: words - 2 }, (_, i) => `w${i}`), validation },
});
const image = (topology: ModelSpec['model']['topology'], side: number, classes: number, flat: boolean): ModelSpec => ({
  model: { topology, loss: 'categoricalCrossentropy', seed: 2 },
  data: { kind: 'image', height: side, width: side, channels: 1, classes: names(classes), flat, scale: 1 / 255, validation },
});

/** A net of everything else that convolutional models are made of. */
const separable: ModelSpec['model']['topology'] = {
  class_name: 'Sequential',
  config: {
    layers: [
      { class_name: 'SeparableConv2D', config: { filters: 6, kernel_size: [3, 3], padding: 'same', depth_multiplier: 2, activation: 'relu' } },
      { class_name: 'BatchNormalization', config: { momentum: 0.9 } },
      { class_name: 'DepthwiseConv2D', config: { kernel_size: [3, 3], strides: [2, 2], padding: 'valid', activation: 'elu' } },
      { class_name: 'AveragePooling2D', config: { pool_size: [2, 2], padding: 'same' } },
      { class_name: 'Conv2DTranspose', config: { filters: 3, kernel_size: [3, 3], strides: [2, 2], padding: 'same' } },
      { class_name: 'LeakyReLU', config: {} },
      { class_name: 'LayerNormalization', config: {} },
      { class_name: 'Flatten', config: {} },
      { class_name: 'Dropout', config: { rate: 0.2 } },
      { class_name: 'Dense', config: { units: 3, activation: 'softmax' } },
    ],
  },
};

const nets: [string, ModelSpec, Examples, { epochs: number; batchSize: number; learningRate: number }][] = [
  ['the 2NN', image(mlp2nn(), 28, 10, true), bars(100, 28, 10, [784]), { epochs: 8, batchSize: 10, learningRate: 0.2 }],
  ['the CNN', image(cnn({ height: 12, width: 12, classes: 4 }), 12, 4, false), bars(40, 12, 4, [12, 12, 1]), { epochs: 10, batchSize: 10, learningRate: 0.1 }],
  ['a net of separable convolutions', image(separable, 11, 3, false), bars(42, 11, 3, [11, 11, 1]), { epochs: 20, batchSize: 8, learningRate: 0.1 }],
  ['an embedding with a GRU', text('GRU', 6, 20), order(64, 6, 20), { epochs: 25, batchSize: 8, learningRate: 0.7 }],
  ['an embedding with an LSTM', text('LSTM', 6, 20), order(64, 6, 20), { epochs: 35, batchSize: 8, learningRate: 1 }],
];

/** Where tfjs-node is installed it is held to the same. */
const others = (await nodeBackends()).filter((backend) => backend !== 'cpu');

describe.each(nets)('%s', (_, spec, train, options) => {
  it.each(others)('has the gradient on %s that it has on cpu', async (other) => {
    const initial = await initialParameters(spec);
    const gradients: Float32Array[] = [];
    for (const backend of [other, 'cpu'] as const) {
      // Few examples: the plain backend is slow.
      const few = { ...train, size: 6, inputs: train.inputs.slice(0, (6 * train.inputs.length) / train.size), labels: train.labels.slice(0, 6) };
      const trainer = await createLocalTrainer(spec, { train: few, validation: null, source: 'a test' }, { backend });
      trainer.load(initial.values);
      gradients.push((await trainer.gradient({})).gradient);
      trainer.dispose();
    }
    const largest = gradients[1].reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largest).toBeGreaterThan(1e-3);
    let worst = 0;
    gradients[0].forEach((value, i) => (worst = Math.max(worst, Math.abs(value - gradients[1][i]))));
    expect(worst).toBeLessThan(1e-4 * Math.max(1, largest));
  });

  it.each(others)('learns on %s, the same bits for the same seed, and leaves no tensor', async (backend) => {
    const initial = await initialParameters(spec);
    const trainer = await createLocalTrainer(spec, { train, validation: null, source: 'a test' }, { backend });
    trainer.load(initial.values);
    const before = await trainer.evaluate();
    await trainer.train({ ...options, epochs: 1, seed: 1 });
    const tensors = tf.memory().numTensors;
    const once = await trainer.read();
    trainer.load(initial.values);
    await trainer.train({ ...options, epochs: 1, seed: 1 });
    expect(await trainer.read()).toEqual(once);
    expect(tf.memory().numTensors).toBe(tensors);
    await trainer.train({ ...options, seed: 2 });
    const after = await trainer.evaluate();
    expect(tf.memory().numTensors).toBe(tensors);
    trainer.dispose();
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.accuracy).toBeGreaterThan(0.9);
  });
});
