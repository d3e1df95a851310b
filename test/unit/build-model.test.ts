import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { buildModel, initialParameters, layoutOf, type ModelSpec } from '../../shared/model/build-model.ts';
import { checkModel } from '../../shared/model/check-model.ts';
import type { Topology } from '../../shared/model/topology.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { tensorAt } from '../../shared/tensors/layout.ts';
import { cnn } from '../../simulations/models/cnn.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { textRnn } from '../../simulations/models/text-rnn.ts';

const noValidation = { fraction: 0, seed: 1 };
const classes = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`);
const image = (side: number, count: number, flat = false): DataContract => ({ kind: 'image', height: side, width: side, channels: 1, classes: classes(count), flat, scale: 1 / 255, validation: noValidation });
const text = (length: number, words: number, count: number): DataContract => ({
  kind: 'text',
  column: 'text',
  labelColumn: 'label',
  classes: classes(count),
  length,
  vocabulary: Array.from({ length: words - 2 }, (_, i) => `w${i}`),
  validation: noValidation,
});
const specOf = (topology: Topology, data: DataContract, loss: ModelSpec['model']['loss'] = 'categoricalCrossentropy', seed = 1): ModelSpec => ({ model: { topology, loss, seed }, data });
const sequential = (...layers: object[]): Topology => ({ class_name: 'Sequential', config: { layers } });
const layer = (class_name: string, config: object = {}): object => ({ class_name, config });

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

describe('the layout of a model', () => {
  it('names the weights as TensorFlow.js does in files, in order', async () => {
    const layout = await layoutOf(specOf(mlp2nn(), image(28, 10, true)));
    expect(layout.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['hidden_1/kernel', [784, 200]],
      ['hidden_1/bias', [200]],
      ['hidden_2/kernel', [200, 200]],
      ['hidden_2/bias', [200]],
      ['output/kernel', [200, 10]],
      ['output/bias', [10]],
    ]);
    expect(layout.size).toBe(199_210);
  });

  it('has the size that the FedAvg paper gives for its CNN', async () => {
    expect((await layoutOf(specOf(cnn(), image(28, 10)))).size).toBe(1_663_370);
  });

  it('is the same at every build, on every backend, for layers that have no names', async () => {
    const spec = specOf(sequential(layer('Dense', { units: 3, activation: 'relu' }), layer('Dense', { units: 3 }), layer('BatchNormalization'), layer('Dense', { units: 2, activation: 'softmax' })), image(2, 2, true));
    const first = await layoutOf(spec);
    expect(first.tensors.map(({ name }) => name)).toEqual([
      'dense/kernel',
      'dense/bias',
      'dense_1/kernel',
      'dense_1/bias',
      'batch_normalization/gamma',
      'batch_normalization/beta',
      'dense_2/kernel',
      'dense_2/bias',
      // Running statistics are no parameters of the gradient, but weights of the model all the same.
      'batch_normalization/moving_mean',
      'batch_normalization/moving_variance',
    ]);
    for (const backend of ['wasm', 'cpu'] as const) {
      useBackend(backend);
      const model = await buildModel(spec);
      expect(model.layout).toEqual(first);
      expect(model.trainable.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(model.mixesBatch).toBe(true);
      model.dispose();
    }
  });

  it('numbers names that repeat', async () => {
    const inner = { class_name: 'Bidirectional', config: { layer: layer('SimpleRNN', { units: 2 }) } };
    const layout = await layoutOf(specOf(sequential(layer('Embedding', { input_dim: 5, output_dim: 2 }), inner, layer('Dense', { units: 2, activation: 'softmax' })), text(3, 5, 2)));
    expect(new Set(layout.tensors.map(({ name }) => name)).size).toBe(layout.tensors.length);
    // Embedding 5·2; each direction 2·2 + 2·2 + 2; dense 4·2 + 2.
    expect(layout.size).toBe(10 + 20 + 10);
  });
});

describe('the initial weights', () => {
  it('are the same bits at every call and on every backend, and follow the seed', async () => {
    const spec = (seed: number): ModelSpec => specOf(textRnn({ words: 30, length: 5, classes: 3, cell: 'LSTM' }), text(5, 30, 3), 'categoricalCrossentropy', seed);
    useBackend('wasm');
    const first = await initialParameters(spec(1));
    expect(tf.getBackend()).toBe('wasm');
    useBackend('cpu');
    expect(await initialParameters(spec(1))).toEqual(first);
    expect((await initialParameters(spec(2))).values).not.toEqual(first.values);
  });

  it('are what the initializers say', async () => {
    const { layout, values } = await initialParameters(specOf(mlp2nn(), image(28, 10, true)));
    const kernel = tensorAt({ layout, values }, 'hidden_1/kernel');
    const limit = Math.sqrt(6 / (784 + 200));
    const largest = kernel.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.99 * limit);
    const mean = kernel.reduce((a, b) => a + b, 0) / kernel.length;
    const variance = kernel.reduce((a, b) => a + b * b, 0) / kernel.length;
    expect(Math.abs(mean)).toBeLessThan(0.001);
    expect(variance).toBeCloseTo(limit ** 2 / 3, 4);
    expect(tensorAt({ layout, values }, 'hidden_1/bias').every((value) => value === 0)).toBe(true);
    // Layers alike get seeds of their own.
    expect([...tensorAt({ layout, values }, 'hidden_2/kernel').subarray(0, 5)]).not.toEqual([...kernel.subarray(0, 5)]);
  });

  it('give an LSTM orthonormal recurrent weights and its forget gate a bias of one', async () => {
    const units = 4;
    const parameters = await initialParameters(specOf(textRnn({ words: 9, length: 3, classes: 2, cell: 'LSTM', units }), text(3, 9, 2)));
    const place = parameters.layout.tensors.find(({ name }) => name.endsWith('recurrent_kernel'));
    const matrix = tensorAt(parameters, place?.name ?? '');
    expect(place?.shape).toEqual([units, 4 * units]);
    for (let i = 0; i < units; i++) {
      for (let j = 0; j < units; j++) {
        let product = 0;
        for (let k = 0; k < 4 * units; k++) product += matrix[i * 4 * units + k] * matrix[j * 4 * units + k];
        expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
      }
    }
    const bias = parameters.layout.tensors.find(({ name }) => name.startsWith('lstm') && name.endsWith('bias'));
    expect([...tensorAt(parameters, bias?.name ?? '')]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("keep an author's own seed", async () => {
    const own = { class_name: 'GlorotUniform', config: { seed: 5 } };
    const spec = (seed: number): ModelSpec => specOf(sequential(layer('Dense', { name: 'd', units: 2, activation: 'softmax', kernel_initializer: own })), image(2, 2, true), 'categoricalCrossentropy', seed);
    expect((await initialParameters(spec(1))).values).toEqual((await initialParameters(spec(2))).values);
  });

  it('leave no tensor behind', async () => {
    const spec = specOf(textRnn({ words: 9, length: 3, classes: 2 }), text(3, 9, 2));
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) {
      await initialParameters(spec);
      await checkModel(spec);
      await checkModel({ ...spec, data: image(9, 9) });
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a built model', () => {
  it('gives back the weights that it was given, and predicts with its head', async () => {
    useBackend('wasm');
    const spec = specOf(sequential(layer('Dense', { units: 2, activation: 'softmax' })), image(1, 2, true));
    const model = await buildModel(spec);
    const values = Float32Array.of(1, 3, 0.5, -0.5);
    model.setWeights(values);
    values.fill(9);
    expect([...(await model.getWeights())]).toEqual([1, 3, 0.5, -0.5]);
    const x = tf.tensor([[2]]);
    const logits = tf.tidy(() => [...model.forward(x, false).dataSync()]);
    expect(logits).toEqual([2.5, 5.5]);
    const outputs = tf.tidy(() => [...model.predict(x).dataSync()]);
    expect(outputs[1]).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
    expect(() => model.setWeights(new Float32Array(3))).toThrow(expect.objectContaining({ code: 'bad_layout' }));
    x.dispose();
    model.dispose();
  });
});

describe('checking a model against its task', () => {
  const good = layer('Dense', { units: 10, activation: 'softmax' });
  const flat = image(28, 10, true);
  const regression: DataContract = { kind: 'table', features: [{ type: 'numeric', column: 'a', missing: 'refuse' }], label: { type: 'numeric', column: 'y' }, validation: noValidation };
  const two: DataContract = { ...regression, label: { type: 'categorical', column: 'y', values: ['no', 'yes'] } };

  it.each([
    ['the 2NN', specOf(mlp2nn(), flat)],
    ['the CNN', specOf(cnn(), image(28, 10))],
    ['a GRU', specOf(textRnn({ words: 20, length: 6, classes: 2 }), text(6, 20, 2))],
    ['an LSTM', specOf(textRnn({ words: 20, length: 6, classes: 2, cell: 'LSTM' }), text(6, 20, 2))],
    ['a line', specOf(sequential(layer('Dense', { units: 1 })), regression, 'meanSquaredError')],
    ['a logistic regression', specOf(sequential(layer('Dense', { units: 1, activation: 'sigmoid' })), two, 'binaryCrossentropy')],
  ])('has nothing to say about %s', async (_, spec) => {
    expect(await checkModel(spec)).toEqual([]);
  });

  it.each([
    ['a layer that nobody knows', sequential(layer('Dense', { units: 3 }), layer('Densest'), good), flat, 'categoricalCrossentropy', 'model.topology.config.layers.1.class_name', /Densest/],
    ['a layer without units', sequential(layer('Dense', { activation: 'relu' }), good), flat, 'categoricalCrossentropy', 'model.topology.config.layers.0', /units/],
    ['layers that do not fit each other', sequential(layer('Dense', { units: 3 }), layer('Conv2D', { filters: 2, kernel_size: 3 }), good), flat, 'categoricalCrossentropy', 'model.topology.config.layers.1', /ndim/],
    ['something else than a model', { class_name: 'Dense', config: { units: 1 } }, flat, 'categoricalCrossentropy', 'model.topology', /Sequential/],
    ['no layers', sequential(), flat, 'categoricalCrossentropy', 'model.topology', /./],
    ['another input', mlp2nn({ inputs: 100 }), flat, 'categoricalCrossentropy', 'model.topology', /\[100\].*\[784\]/],
    ['another number of classes', mlp2nn({ classes: 5 }), flat, 'categoricalCrossentropy', 'model.topology', /\[5\].*\[10\]/],
    ['no softmax', sequential(layer('Dense', { units: 10 })), flat, 'categoricalCrossentropy', 'model.topology', /softmax/],
    ['a fixed batch size', sequential(layer('Dense', { units: 10, activation: 'softmax', batch_input_shape: [8, 784] })), flat, 'categoricalCrossentropy', 'model.topology', /batch size to 8/],
    ['a loss for classes where there are none', sequential(layer('Dense', { units: 1 })), regression, 'categoricalCrossentropy', 'model.loss', /meanSquaredError/],
    ['nothing to train', sequential(layer('Activation', { activation: 'sigmoid' })), two, 'binaryCrossentropy', 'model.topology', /no weight/],
  ] as const)('says what is wrong with %s', async (_, topology, data, loss, path, message) => {
    const problems = await checkModel(specOf(topology, data, loss));
    expect(problems).toContainEqual({ path, message: expect.stringMatching(message) as string });
  });
});
