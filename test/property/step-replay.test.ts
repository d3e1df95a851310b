/** Random small models: with and without replay they give the same losses and weights, bit for bit. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import { race } from '../helpers/step-race.ts';

const CLASSES = 3;
const SIZE = 12;
const validation = { fraction: 0, seed: 1 };
const names = Array.from({ length: CLASSES }, (_, i) => `c${i}`);
const layer = (class_name: string, config: object = {}): object => ({ class_name, config });

interface Exercise {
  readonly layers: readonly object[];
  readonly data: DataContract;
  readonly inputShape: readonly number[];
  /** Inputs are word indices below this; 0: any numbers. */
  readonly words: number;
}

const activation = fc.constantFrom('linear', 'relu', 'tanh', 'sigmoid', 'elu', 'softplus', 'relu6', 'hardSigmoid');
const units = fc.integer({ min: 1, max: 9 });
const maybe = (object: fc.Arbitrary<object>): fc.Arbitrary<object[]> => fc.option(object, { nil: null }).map((one) => (one === null ? [] : [one]));

const dense = fc.record({ units, activation, use_bias: fc.boolean() }).map((config) => layer('Dense', config));
const between = fc.constantFrom(layer('Dropout', { rate: 0.3 }), layer('BatchNormalization'), layer('LayerNormalization'), layer('LeakyReLU'), layer('GaussianNoise', { stddev: 0.1 }));
const convolution = fc
  .record({ name: fc.constantFrom('Conv2D', 'SeparableConv2D', 'Conv2DTranspose'), filters: fc.integer({ min: 1, max: 5 }), size: fc.integer({ min: 1, max: 3 }), strides: fc.integer({ min: 1, max: 2 }), activation })
  .map(({ name, filters, size, strides, activation: kind }) => layer(name, { filters, kernel_size: [size, size], strides: [strides, strides], padding: 'same', activation: kind }));
const pool = fc.constantFrom(layer('MaxPooling2D', { pool_size: [2, 2], padding: 'same' }), layer('AveragePooling2D', { pool_size: [2, 2], padding: 'same' }));
const recurrent = fc
  .record({ name: fc.constantFrom('GRU', 'LSTM', 'SimpleRNN'), units, whole: fc.boolean(), kind: fc.constantFrom('sigmoid', 'hardSigmoid') })
  .map(({ name, units: width, whole, kind }) => layer(name, { units: width, return_sequences: whole, ...(name === 'SimpleRNN' ? {} : { recurrent_activation: kind }) }));

const table: fc.Arbitrary<Exercise> = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.array(fc.oneof(dense, between), { maxLength: 4 })).map(([width, layers]) => ({
  layers,
  inputShape: [width],
  words: 0,
  data: { kind: 'image', height: 1, width, channels: 1, classes: names, flat: true, scale: 1, validation },
}));
const images: fc.Arbitrary<Exercise> = fc
  .tuple(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 1, max: 3 }), convolution, maybe(pool), maybe(between), maybe(convolution), maybe(dense))
  .map(([side, channels, first, pooled, other, second, last]) => ({
    layers: [first, ...pooled, ...other, ...second, layer('Flatten'), ...last],
    inputShape: [side, side, channels],
    words: 0,
    data: { kind: 'image', height: side, width: side, channels, classes: names, flat: false, scale: 1, validation } as DataContract,
  }));
// TensorFlow.js cannot train on sequences of one step.
const texts: fc.Arbitrary<Exercise> = fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 3, max: 9 }), fc.integer({ min: 1, max: 5 }), fc.boolean(), recurrent, maybe(dense)).map(([length, words, width, mask, cell, last]) => ({
  layers: [layer('Embedding', { input_dim: words, output_dim: width, mask_zero: mask }), cell, ...last, ...('return_sequences' in (cell as { config: object }).config && (cell as { config: { return_sequences: boolean } }).config.return_sequences ? [layer('GlobalAveragePooling1D')] : [])],
  inputShape: [length],
  words,
  data: { kind: 'text', column: 't', labelColumn: 'l', classes: names, length, vocabulary: Array.from({ length: words - 2 }, (_, i) => `w${i}`), validation },
}));

const training = fc.record({ sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 2 }), learningRate: fc.constantFrom(0.01, 0.1, 0.3), loss: fc.constantFrom<ModelSpec['model']['loss'][]>('categoricalCrossentropy', 'meanSquaredError'), seed: fc.nat(1000) });

function examplesOf({ inputShape, words }: Exercise, seed: number): Examples {
  const random = createRandom(seed);
  const length = SIZE * inputShape.reduce((a, b) => a * b, 1);
  const inputs = words > 0 ? Int32Array.from({ length }, () => random.int(words)) : Float32Array.from({ length }, () => random.normal());
  return { size: SIZE, inputs, inputShape, scale: 1, labels: Int32Array.from({ length: SIZE }, () => random.int(CLASSES)), labelShape: [] };
}

beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
});

describe('a random model', () => {
  it.each([
    ['of dense layers', table, 60],
    ['of convolutions', images, 40],
    ['of recurrent layers', texts, 30],
  ] as const)('%s trains the same with and without replay', async (_, exercises, numRuns) => {
    let replayed = 0;
    await fc.assert(fc.asyncProperty(exercises, training, async (exercise, { sizes, learningRate, loss, seed }) => {
      const spec: ModelSpec = { model: { topology: { class_name: 'Sequential', config: { layers: [...exercise.layers, layer('Dense', { units: CLASSES, activation: 'softmax' })] } }, loss, seed }, data: exercise.data };
      const reports = await race(spec, examplesOf(exercise, seed), { sizes, learningRate, steps: 8 });
      expect(reports.every(({ mode }) => mode === 'replayed')).toBe(true);
      replayed++;
    }), { numRuns, seed: 5 });
    expect(replayed).toBeGreaterThanOrEqual(numRuns);
  });
});
