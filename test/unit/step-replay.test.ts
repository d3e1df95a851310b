/** Replayed steps are ordinary steps, bit for bit: whatever the model is made of, whoever calls, whatever comes between. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { buildModel, type ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Topology } from '../../shared/model/topology.ts';
import { createRandom } from '../../shared/random.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { cnn } from '../../simulations/models/cnn.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { rowRnn } from '../../simulations/models/row-rnn.ts';
import { textRnn } from '../../simulations/models/text-rnn.ts';
import { batchesOf, createRacer, race } from '../helpers/step-race.ts';

const validation = { fraction: 0, seed: 1 };
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);
const layer = (class_name: string, config: object = {}): object => ({ class_name, config });
const sequential = (...layers: object[]): Topology => ({ class_name: 'Sequential', config: { layers } });
const softmax = (units = 3): object => layer('Dense', { units, activation: 'softmax' });

interface Task {
  readonly data: DataContract;
  readonly examples: Examples;
}

/** Images of `side`² pixels with `channels`, three classes. */
function images(side: number, channels = 1, flat = false): Task {
  const random = createRandom(5);
  const size = 30;
  const inputs = Float32Array.from({ length: size * side * side * channels }, () => random.normal());
  return {
    data: { kind: 'image', height: side, width: side, channels, classes: names(3), flat, scale: 1, validation } as DataContract,
    examples: { size, inputs, inputShape: flat ? [side * side * channels] : [side, side, channels], scale: 1, labels: Int32Array.from({ length: size }, (_, i) => i % 3), labelShape: [] },
  };
}

function texts(length: number, words: number): Task {
  const random = createRandom(6);
  const size = 30;
  return {
    data: { kind: 'text', column: 't', labelColumn: 'l', classes: names(3), length, vocabulary: Array.from({ length: words - 2 }, (_, i) => `w${i}`), validation },
    examples: { size, inputs: Int32Array.from({ length: size * length }, () => random.int(words)), inputShape: [length], scale: 1, labels: Int32Array.from({ length: size }, (_, i) => i % 3), labelShape: [] },
  };
}

/** Two features and a number to predict. */
const line: Task = {
  data: { kind: 'table', features: ['a', 'b'].map((column) => ({ type: 'numeric' as const, column, missing: 'refuse' as const })), label: { type: 'numeric', column: 'y' }, validation },
  examples: { size: 4, inputs: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0), inputShape: [2], scale: 1, labels: Float32Array.of(2, 2, 2, 2), labelShape: [1] },
};

const specOf = (topology: Topology, { data }: Task, loss: ModelSpec['model']['loss'] = 'categoricalCrossentropy'): ModelSpec => ({ model: { topology, loss, seed: 3 }, data });

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

describe('a toy line', () => {
  it('halves its error at each step, exactly', async () => {
    const spec = specOf(sequential(layer('Dense', { name: 'line', units: 1 })), line, 'meanSquaredError');
    const racer = await createRacer(spec, line.examples, { replay: true });
    // y = a·1 + b·0 + bias, all at 0; wanted 2. Both a and the bias move by 1/8 · 2 · error: the error halves.
    racer.model.setWeights(new Float32Array(3));
    const losses = racer.run(Array.from({ length: 10 }, () => Int32Array.of(0, 1, 2, 3)), 1 / 8);
    expect(losses).toEqual(Array.from({ length: 10 }, (_, step) => (2 / 2 ** step) ** 2));
    expect([...(await racer.model.getWeights())]).toEqual([1 - 2 ** -10, 0, 1 - 2 ** -10]);
    expect(racer.runner.describe()).toMatchObject([{ batchSize: 4, mode: 'replayed', reason: null }]);
    racer.dispose();
  });
});

const flat = images(4, 1, true);
const grey = images(8);
const colour = images(6, 2);
const words = texts(5, 12);
const rnn = (cell: object): Topology => sequential(layer('Embedding', { input_dim: 12, output_dim: 4 }), cell, softmax());
const dense = (...layers: object[]): Topology => sequential(layer('Dense', { units: 6, activation: 'relu' }), ...layers, softmax());
const spatial = (...layers: object[]): Topology => sequential(...layers, layer('Flatten'), softmax());

const models: readonly (readonly [name: string, topology: Topology, task: Task, loss?: ModelSpec['model']['loss']])[] = [
  ['the 2NN', mlp2nn({ inputs: 16, classes: 3 }), flat],
  ['the CNN', cnn({ height: 8, width: 8, classes: 3 }), grey],
  ['a text GRU', textRnn({ words: 12, length: 5, classes: 3, embedding: 4, units: 5 }), words],
  ['a text LSTM', textRnn({ words: 12, length: 5, classes: 3, cell: 'LSTM', embedding: 4, units: 5 }), words],
  ['a GRU over rows', rowRnn({ steps: 4, features: 4, classes: 3, cell: 'GRU', units: 5 }), flat],
  ['an LSTM over rows', rowRnn({ steps: 4, features: 4, classes: 3, cell: 'LSTM', units: 5 }), flat],
  ...(['elu', 'hardSigmoid', 'relu6', 'selu', 'sigmoid', 'softplus', 'softsign', 'tanh', 'swish', 'mish', 'linear'] as const).map((activation) => [`the activation ${activation}`, sequential(layer('Dense', { units: 6, activation }), softmax()), flat] as const),
  ...(['ELU', 'ReLU', 'LeakyReLU', 'PReLU', 'Softmax'] as const).map((name) => [`the layer ${name}`, dense(layer(name)), flat] as const),
  ['regularisers', sequential(layer('Dense', { units: 6, kernel_regularizer: { class_name: 'L1L2', config: { l1: 0.01, l2: 0.02 } }, bias_regularizer: { class_name: 'L1L2', config: { l1: 0, l2: 0.1 } } }), softmax()), flat],
  ['constraints', sequential(layer('Dense', { units: 6, kernel_constraint: { class_name: 'MaxNorm', config: { max_value: 0.5, axis: 0 } } }), layer('Dense', { units: 4, kernel_constraint: { class_name: 'NonNeg', config: {} } }), layer('Dense', { units: 4, kernel_constraint: { class_name: 'UnitNorm', config: { axis: 0 } } }), softmax()), flat],
  ['batch normalisation', dense(layer('BatchNormalization', { momentum: 0.8 }), layer('Dense', { units: 4 }), layer('BatchNormalization')), flat],
  ['layer normalisation', dense(layer('LayerNormalization')), flat],
  ['dropout', dense(layer('Dropout', { rate: 0.4 })), flat],
  ['Gaussian noise', dense(layer('GaussianNoise', { stddev: 0.3 })), flat],
  ['Gaussian dropout', dense(layer('GaussianDropout', { rate: 0.3 })), flat],
  ['alpha dropout', dense(layer('AlphaDropout', { rate: 0.3 })), flat],
  ['dropout in a GRU', rnn(layer('GRU', { units: 4, dropout: 0.3, recurrent_dropout: 0.2 })), words],
  ['dropout of whole sequences', sequential(layer('Embedding', { input_dim: 12, output_dim: 4 }), layer('SpatialDropout1D', { rate: 0.4 }), layer('Flatten'), softmax()), words],
  ['a frozen layer', sequential(layer('Dense', { units: 6, activation: 'tanh', trainable: false }), softmax()), flat],
  ['a simple recurrent layer', rnn(layer('SimpleRNN', { units: 4 })), words],
  ['two directions', rnn({ class_name: 'Bidirectional', config: { layer: layer('LSTM', { units: 3 }), merge_mode: 'concat' } }), words],
  ['a layer at each step', sequential(layer('Embedding', { input_dim: 12, output_dim: 4 }), layer('GRU', { units: 4, return_sequences: true }), { class_name: 'TimeDistributed', config: { layer: layer('Dense', { units: 3 }) } }, layer('Flatten'), softmax()), words],
  ['masked words', sequential(layer('Embedding', { input_dim: 12, output_dim: 4, mask_zero: true }), layer('LSTM', { units: 4 }), softmax()), words],
  ['convolutions in one dimension', sequential(layer('Embedding', { input_dim: 12, output_dim: 4 }), layer('Conv1D', { filters: 3, kernel_size: [2], activation: 'relu' }), layer('GlobalMaxPooling1D'), softmax()), words],
  ['the mean over a sequence', sequential(layer('Embedding', { input_dim: 12, output_dim: 4 }), layer('GlobalAveragePooling1D'), softmax()), words],
  ['depthwise and separable convolutions', spatial(layer('SeparableConv2D', { filters: 4, kernel_size: [3, 3], padding: 'same', depth_multiplier: 2, activation: 'relu' }), layer('DepthwiseConv2D', { kernel_size: [3, 3], strides: [2, 2], padding: 'valid', activation: 'elu' })), colour],
  ['a transposed convolution', spatial(layer('Conv2DTranspose', { filters: 3, kernel_size: [3, 3], strides: [2, 2], padding: 'same' })), colour],
  ['strides', spatial(layer('Conv2D', { filters: 4, kernel_size: [3, 2], strides: [2, 1], padding: 'valid', activation: 'relu' })), colour],
  ['average pooling', spatial(layer('Conv2D', { filters: 3, kernel_size: [3, 3] }), layer('AveragePooling2D', { pool_size: [2, 2] })), colour],
  ['maxima over images', sequential(layer('Conv2D', { filters: 4, kernel_size: [3, 3] }), layer('GlobalMaxPooling2D'), softmax()), colour],
  ['means over images', sequential(layer('Conv2D', { filters: 4, kernel_size: [3, 3] }), layer('GlobalAveragePooling2D'), softmax()), colour],
  ['padding and cropping', spatial(layer('ZeroPadding2D', { padding: [[1, 1], [0, 2]] }), layer('Conv2D', { filters: 2, kernel_size: [3, 3] }), layer('Cropping2D', { cropping: [[1, 0], [0, 1]] })), colour],
  ['other shapes', spatial(layer('Permute', { dims: [3, 1, 2] }), layer('Reshape', { target_shape: [6, 12] }), layer('Conv1D', { filters: 2, kernel_size: [2] })), colour],
  ['a repeated vector', dense(layer('RepeatVector', { n: 3 }), layer('GRU', { units: 3 })), flat],
  ['a mean squared error over classes', dense(), flat, 'meanSquaredError'],
  ['probabilities of each class', sequential(layer('Dense', { units: 3, activation: 'sigmoid' })), flat, 'binaryCrossentropy'],
];

describe('every model', () => {
  it.each(models.map(([name, ...rest]) => [name, rest] as const))('trains the same with and without replay: %s', async (_, [topology, task, loss]) => {
    const reports = await race(specOf(topology, task, loss), task.examples);
    expect(reports).toMatchObject([{ batchSize: 4, mode: 'replayed', reason: null }]);
  });

  it('trains the same with branches', async () => {
    const input = { class_name: 'InputLayer', name: 'in', config: { name: 'in', batch_input_shape: [null, 16] }, inbound_nodes: [] };
    const node = (class_name: string, name: string, from: string[], config: object = {}): object => ({ class_name, name, config: { name, ...config }, inbound_nodes: [from.map((one) => [one, 0, 0, {}])] });
    const topology = {
      class_name: 'Model',
      config: {
        name: 'branches',
        layers: [input, node('Dense', 'left', ['in'], { units: 4, activation: 'relu' }), node('Dense', 'right', ['in'], { units: 4, activation: 'tanh' }), node('Add', 'sum', ['left', 'right']), node('Multiply', 'product', ['left', 'right']), node('Concatenate', 'both', ['sum', 'product', 'left'], { axis: -1 }), node('Dense', 'out', ['both'], { units: 3, activation: 'softmax' })],
        input_layers: [['in', 0, 0]],
        output_layers: [['out', 0, 0]],
      },
    };
    expect(await race(specOf(topology, flat), flat.examples)).toMatchObject([{ mode: 'replayed' }]);
  });
});

describe('batches of several sizes', () => {
  it('have a plan each, and share the weights', async () => {
    const reports = await race(specOf(dense(), flat), flat.examples, { sizes: [7, 7, 2], steps: 8 });
    expect(reports.map(({ batchSize, mode }) => [batchSize, mode]).sort()).toEqual([[2, 'replayed'], [7, 'replayed']]);
  });

  it('are replayed only where they come often enough', async () => {
    const racer = await createRacer(specOf(dense(), flat), flat.examples, { replay: true });
    for (let call = 0; call < 2; call++) racer.run(batchesOf(flat.examples, [5], 2, call), 0.1);
    expect(racer.runner.describe()).toMatchObject([{ batchSize: 5, mode: 'ordinary', reason: 'it has not been recorded yet' }]);
    for (let call = 0; call < 4; call++) racer.run(batchesOf(flat.examples, [5], 2, call), 0.1);
    expect(racer.runner.describe()).toMatchObject([{ batchSize: 5, mode: 'replayed' }]);
    racer.dispose();
  });

  it('do not pile up plans', async () => {
    const racer = await createRacer(specOf(dense(), flat), flat.examples, { replay: true });
    for (let size = 1; size <= 9; size++) racer.run(batchesOf(flat.examples, [size], 8), 0.1);
    const reports = racer.runner.describe();
    expect(reports.filter(({ mode }) => mode === 'replayed').map(({ batchSize }) => batchSize)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(reports.filter(({ bytes }) => bytes > 0)).toHaveLength(6);
    racer.dispose();
  });
});

describe('replayed steps', () => {
  it('give the same bits in the first training and in the tenth, and after other trainings', async () => {
    const racer = await createRacer(specOf(dense(layer('Dropout', { rate: 0.3 }), layer('BatchNormalization')), flat), flat.examples, { replay: true });
    const initial = await racer.model.getWeights();
    const batches = batchesOf(flat.examples, [6, 6, 6, 5], 12);
    const first = racer.run(batches, 0.2, 7);
    const weights = await racer.model.getWeights();
    for (let call = 0; call < 9; call++) racer.run(batchesOf(flat.examples, [6, 3], 8, call), 0.1 * call, call);
    racer.model.setWeights(initial);
    expect(racer.run(batches, 0.2, 7)).toEqual(first);
    expect(await racer.model.getWeights()).toEqual(weights);
    racer.dispose();
  });

  it('begin from the weights that were set between rounds, and leave them where evaluation finds them', async () => {
    const spec = specOf(spatial(layer('Conv2D', { filters: 4, kernel_size: [3, 3] }), layer('DepthwiseConv2D', { kernel_size: [3, 3] }), layer('PReLU')), grey);
    const racers = [await createRacer(spec, grey.examples, { replay: false }), await createRacer(spec, grey.examples, { replay: true })];
    const outputs: number[][] = [];
    for (const racer of racers) {
      const seen: number[] = [];
      for (let round = 0; round < 4; round++) {
        racer.model.setWeights((await racer.model.getWeights()).map((value) => value * 0.9));
        racer.run(batchesOf(grey.examples, [4], 8, round), 0.1);
        // A depthwise convolution of the backend prepares its filter once and keeps it: it must notice that the filter has changed.
        seen.push(...tf.tidy(() => racer.model.predict(racer.examples.range(0, 5).x).dataSync()));
      }
      outputs.push(seen);
    }
    expect(racers[1].runner.describe()).toMatchObject([{ mode: 'replayed' }]);
    expect(outputs[1]).toEqual(outputs[0]);
    expect(new Set(outputs[0]).size).toBeGreaterThan(50);
    for (const racer of racers) racer.dispose();
  });

  it('of two trainers in turn do not touch each other', async () => {
    const spec = specOf(dense(layer('Dropout', { rate: 0.3 })), flat);
    const alone = await createRacer(spec, flat.examples, { replay: true });
    const batches = batchesOf(flat.examples, [6, 4], 30);
    const expected = alone.run(batches, 0.2);
    const pair = [await createRacer(spec, flat.examples, { replay: true }), await createRacer(spec, flat.examples, { replay: true })];
    for (const racer of pair) {
      racer.model.noise.reseed(createRandom(1));
      racer.runner.begin(0.2, new Map([[6, 30], [4, 30]]));
    }
    const found = batches.map((batch) => pair.map((racer) => racer.runner.step(batch)));
    expect(found).toEqual(expected.map((loss) => [loss, loss]));
    for (const racer of pair) expect(await racer.model.getWeights()).toEqual(await alone.model.getWeights());
    for (const racer of [alone, ...pair]) racer.dispose();
  });

  it('are recorded anew when the weights have moved to other memory', async () => {
    const racer = await createRacer(specOf(dense(), flat), flat.examples, { replay: true });
    const other = await createRacer(specOf(dense(), flat), flat.examples, { replay: false });
    const batches = batchesOf(flat.examples, [6], 10);
    for (const one of [racer, other]) one.run(batches, 0.1);
    for (const one of [racer, other]) {
      const variable = one.model.weights[0].read() as tf.Variable;
      const moved = tf.tidy(() => tf.mul(variable, 2));
      // As TensorFlow.js assigns.
      (Object.getPrototypeOf(variable) as tf.Variable).assign.call(variable, moved);
      moved.dispose();
    }
    expect(racer.run(batches, 0.1)).toEqual(other.run(batches, 0.1));
    expect(await racer.model.getWeights()).toEqual(await other.model.getWeights());
    expect(racer.runner.describe()).toMatchObject([{ mode: 'replayed' }]);
    for (const one of [racer, other]) one.dispose();
  });
});

describe('weights on wasm', () => {
  it('stay where they are, whatever is written into them', async () => {
    useBackend('wasm');
    const model = await buildModel(specOf(dense(), flat));
    const places = model.weights.map((weight) => weight.read().dataId);
    const values = Float32Array.from({ length: model.layout.size }, (_, i) => i);
    model.setWeights(values);
    tf.tidy(() => (model.weights[1].read() as tf.Variable).assign(tf.ones([6])));
    expect(model.weights.map((weight) => weight.read().dataId)).toEqual(places);
    values.fill(1, 96, 102);
    expect(await model.getWeights()).toEqual(values);
    expect(() => (model.weights[1].read() as tf.Variable).assign(tf.ones([5]))).toThrow(/shape/);
    model.dispose();
  });
});
