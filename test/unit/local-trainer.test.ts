import { afterEach, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import { initialParameters, type ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { nodeBackends } from '../helpers/node-backends.ts';

/** y = w·x + b on two features, mean squared error: every number below is worked out by hand. */
const linear: ModelSpec = {
  model: {
    topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { name: 'line', units: 1 } }] } },
    loss: 'meanSquaredError',
    seed: 1,
  },
  data: {
    kind: 'table',
    features: [
      { type: 'numeric', column: 'a', missing: 'refuse' },
      { type: 'numeric', column: 'b', missing: 'refuse' },
    ],
    label: { type: 'numeric', column: 'y' },
    validation: { fraction: 0, seed: 1 },
  },
};

/** Inputs (1, 2), (3, 4), (5, 6) with the labels 1, 2, 4. */
const three: Examples = {
  size: 3,
  inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
  inputShape: [2],
  scale: 1,
  labels: Float32Array.of(1, 2, 4),
  labelShape: [1],
};

const classes = (count: number): ModelSpec => ({
  model: {
    topology: {
      class_name: 'Sequential',
      config: {
        layers: [
          { class_name: 'Dense', config: { units: 16, activation: 'relu' } },
          { class_name: 'Dropout', config: { rate: 0.25 } },
          { class_name: 'Dense', config: { units: count, activation: 'softmax' } },
        ],
      },
    },
    loss: 'categoricalCrossentropy',
    seed: 7,
  },
  data: { kind: 'image', height: 4, width: 4, channels: 1, classes: Array.from({ length: count }, (_, i) => `c${i}`), flat: true, scale: 1 / 255, validation: { fraction: 0, seed: 1 } },
});

/** Images whose bright corner tells the class. */
function corners(size: number, count: number): Examples {
  const random = createRandom(11);
  const labels = Int32Array.from({ length: size }, (_, i) => i % count);
  const inputs = new Uint8Array(size * 16);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < 16; j++) inputs[i * 16 + j] = random.int(100) + (Math.floor(j / 4) === labels[i] ? 150 : 0);
  }
  return { size, inputs, inputShape: [16], scale: 1 / 255, labels, labelShape: [] };
}

const open: Trainer[] = [];
async function trainerOf(spec: ModelSpec, train: Examples, backend: BackendName, validation: Examples | null = null): Promise<Trainer> {
  const trainer = await createLocalTrainer(spec, { train, validation, source: 'a test' }, { backend });
  open.push(trainer);
  return trainer;
}
afterEach(() => {
  for (const trainer of open.splice(0)) trainer.dispose();
});

describe.each(await nodeBackends())('the local trainer on %s', (backend) => {
  it('computes the exact gradient of a linear model', async () => {
    const trainer = await trainerOf(linear, three, backend);
    expect(trainer.layout.tensors.map(({ name, shape }) => [name, shape])).toEqual([['line/kernel', [2, 1]], ['line/bias', [1]]]);
    trainer.load(Float32Array.of(0.5, 0.25, 0.5));
    // Outputs 1.5, 3, 4.5; errors 0.5, 1, 0.5; loss (0.25 + 1 + 0.25) / 3.
    const { gradient, loss, examples } = await trainer.gradient({});
    expect(loss).toBeCloseTo(0.5, 6);
    expect(examples).toBe(3);
    // 2/3 · (0.5·1 + 1·3 + 0.5·5), 2/3 · (0.5·2 + 1·4 + 0.5·6), 2/3 · (0.5 + 1 + 0.5)
    [4, 16 / 3, 4 / 3].forEach((expected, i) => expect(gradient[i]).toBeCloseTo(expected, 5));
    expect(await trainer.evaluate()).toEqual({ examples: 3, loss: expect.closeTo(0.5, 6) as number, accuracy: null });
  });

  it('takes one step of SGD with all examples as the rule says', async () => {
    const trainer = await trainerOf(linear, three, backend);
    trainer.load(Float32Array.of(0.5, 0.25, 0.5));
    const result = await trainer.train({ epochs: 1, batchSize: null, learningRate: 0.03, seed: 1 });
    expect(result).toEqual({ examples: 3, steps: 1, loss: expect.closeTo(0.5, 6) as number });
    const weights = await trainer.read();
    [0.5 - 0.12, 0.25 - 0.16, 0.5 - 0.04].forEach((expected, i) => expect(weights[i]).toBeCloseTo(expected, 6));
  });

  it('learns, the same bits for the same seed', async () => {
    const spec = classes(4);
    const trainer = await trainerOf(spec, corners(200, 4), backend, corners(40, 4));
    const initial = await initialParameters(spec);
    const options = { epochs: 5, batchSize: 12, learningRate: 0.3, seed: 5 };
    const run = async (seed: number): Promise<{ weights: Float32Array; loss: number; steps: number }> => {
      trainer.load(initial.values);
      const { loss, steps } = await trainer.train({ ...options, seed });
      return { weights: await trainer.read(), loss, steps };
    };
    trainer.load(initial.values);
    const before = await trainer.evaluate();
    const first = await run(5);
    const after = await trainer.evaluate();
    expect(first.steps).toBe(5 * 17);
    expect(after.loss).toBeLessThan(before.loss / 2);
    expect(after.accuracy).toBeGreaterThan(0.95);
    expect(after.examples).toBe(40);
    const again = await run(5);
    expect(again).toEqual(first);
    const other = await run(6);
    expect(other.weights).not.toEqual(first.weights);
  });

  it('trains for so many steps, over as many epochs as those take', async () => {
    const spec = classes(4);
    const trainer = await trainerOf(spec, corners(30, 4), backend);
    const initial = await initialParameters(spec);
    const run = async (length: { epochs: number } | { steps: number }): Promise<{ weights: Float32Array; loss: number; steps: number }> => {
      trainer.load(initial.values);
      const { loss, steps } = await trainer.train({ ...length, batchSize: 7, learningRate: 0.3, seed: 5 });
      return { weights: await trainer.read(), loss, steps };
    };
    // Five batches an epoch, the last one of 2: 15 steps are three epochs to the bit, 17 are on the way through the fourth.
    const whole = await run({ epochs: 3 });
    expect(await run({ steps: 15 })).toEqual(whole);
    const [beyond, fourth] = [await run({ steps: 17 }), await run({ epochs: 4 })];
    expect(beyond.steps).toBe(17);
    expect(beyond.weights).not.toEqual(whole.weights);
    expect(beyond.weights).not.toEqual(fourth.weights);
    // The third epoch's 30 examples and the 14 behind it: its mean lies between what the two are.
    expect(Math.abs(beyond.loss - whole.loss)).toBeLessThan(Math.abs(fourth.loss - whole.loss));
    expect((await run({ steps: 2 })).steps).toBe(2);
  });

  it('leaves no tensor behind after 50 calls', async () => {
    const spec = classes(4);
    const trainer = await trainerOf(spec, corners(30, 4), backend, corners(10, 4));
    const initial = await initialParameters(spec);
    const before = tf.memory().numTensors;
    for (let call = 0; call < 50; call++) {
      trainer.load(initial.values);
      await trainer.train({ epochs: 1, batchSize: call % 2 === 0 ? 7 : null, learningRate: 0.1, seed: call });
      await trainer.gradient({});
      await trainer.evaluate();
      await trainer.read();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('frees what it holds', async () => {
    await prepareBackend(backend);
    const before = tf.memory().numTensors;
    const trainer = await createLocalTrainer(classes(4), { train: corners(30, 4), validation: null, source: 'a test' }, { backend });
    trainer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('the local trainer', () => {
  it('stops when the signal fires, and can be used again', async () => {
    const spec = classes(4);
    const trainer = await trainerOf(spec, corners(400, 4), 'cpu');
    const initial = await initialParameters(spec);
    trainer.load(initial.values);
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    let stepsSeen = 0;
    const training = trainer.train({
      epochs: 1_000_000,
      batchSize: 10,
      learningRate: 0.1,
      seed: 1,
      signal: controller.signal,
      onProgress: ({ step }) => {
        stepsSeen = step;
        controller.abort();
      },
    });
    await expect(training).rejects.toMatchObject({ code: 'aborted' });
    expect(stepsSeen).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
    expect((await trainer.train({ epochs: 1, batchSize: 100, learningRate: 0.1, seed: 1 })).steps).toBe(4);
  });

  it('stops before its first step when the signal has fired already', async () => {
    const trainer = await trainerOf(linear, three, 'cpu');
    trainer.load(Float32Array.of(1, 1, 1));
    await expect(trainer.train({ epochs: 1, batchSize: 1, learningRate: 1, seed: 1, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    await expect(trainer.gradient({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    expect([...(await trainer.read())]).toEqual([1, 1, 1]);
  });

  it('lets the event loop turn while it trains', async () => {
    const trainer = await trainerOf(classes(4), corners(400, 4), 'cpu');
    const controller = new AbortController();
    // Were the loop never left, this could not run and the training would take hours; left once only, it would not be due yet.
    setTimeout(() => controller.abort(), 175);
    await expect(trainer.train({ epochs: 1_000_000, batchSize: 10, learningRate: 0.1, seed: 1, signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('gives a large batch the gradient of its parts', async () => {
    // 600 copies of three examples: more than one part, the same mean.
    const size = 1800;
    const many: Examples = { ...three, size, inputs: Float32Array.from({ length: 2 * size }, (_, i) => three.inputs[i % 6]), labels: Float32Array.from({ length: size }, (_, i) => three.labels[i % 3]) };
    const trainer = await trainerOf(linear, many, 'wasm');
    trainer.load(Float32Array.of(0.5, 0.25, 0.5));
    const { gradient } = await trainer.gradient({});
    [4, 16 / 3, 4 / 3].forEach((expected, i) => expect(gradient[i]).toBeCloseTo(expected, 4));
    const { loss, steps } = await trainer.train({ epochs: 1, batchSize: null, learningRate: 0.03, seed: 1 });
    expect(steps).toBe(1);
    expect(loss).toBeCloseTo(0.5, 5);
    const weights = await trainer.read();
    [0.38, 0.09, 0.46].forEach((expected, i) => expect(weights[i]).toBeCloseTo(expected, 4));
  });

  it('refuses overlapping calls', async () => {
    const trainer = await trainerOf(linear, three, 'cpu');
    const first = trainer.train({ epochs: 2, batchSize: 1, learningRate: 0, seed: 1 });
    await expect(trainer.gradient({})).rejects.toMatchObject({ code: 'internal' });
    await first;
  });

  it.each([
    ['epochs', { epochs: 0, batchSize: 1, learningRate: 1 }],
    ['steps', { steps: 1.5, batchSize: 1, learningRate: 1 }],
    ['batchSize', { epochs: 1, batchSize: 0.5, learningRate: 1 }],
    ['learningRate', { epochs: 1, batchSize: 1, learningRate: NaN }],
  ])('refuses a wrong %s', async (name, options) => {
    const trainer = await trainerOf(linear, three, 'cpu');
    await expect(trainer.train({ ...options, seed: 1 })).rejects.toMatchObject({ code: 'bad_config', message: expect.stringContaining(name) as string });
  });

  it.each([
    ['a wrong shape', { ...corners(4, 4), inputShape: [4, 4] }, /\[4, 4\].*\[16\]/],
    ['a label that is no class', { ...corners(4, 4), labels: Int32Array.of(0, 1, 4, 2) }, /example 2 has the label 4.*0 to 3/],
    ['too few labels', { ...corners(4, 4), labels: Int32Array.of(0, 1) }, /4 examples and 2 labels/],
    ['too few inputs', { ...corners(4, 4), inputs: new Uint8Array(63) }, /64 values, there are 63/],
  ])('refuses examples with %s, and leaves nothing', async (_, train, message) => {
    await prepareBackend('cpu');
    const before = tf.memory().numTensors;
    await expect(createLocalTrainer(classes(4), { train, validation: null, source: 'a test' }, { backend: 'cpu' })).rejects.toMatchObject({ code: 'bad_dataset', message: expect.stringMatching(message) as string });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says so where there is nothing to train on', async () => {
    const trainer = await trainerOf(classes(4), corners(0, 4), 'cpu', corners(4, 4));
    expect(trainer.examples).toBe(0);
    await expect(trainer.train({ epochs: 1, batchSize: 1, learningRate: 1, seed: 1 })).rejects.toMatchObject({ code: 'bad_dataset' });
    expect((await trainer.evaluate()).examples).toBe(4);
  });
});
