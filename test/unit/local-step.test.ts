/** Local steps on a line whose every number is worked out by hand, and on nets beside the plain formulas; recorded and replayed they keep their bits. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { StepKind } from '../../shared/model/local-step.ts';
import type { Trainer, TrainSettings } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import { mlp2nn } from '../../simulations/models/mlp-2nn.ts';
import { createPlainStep } from '../../simulations/models/plain-step.ts';
import { nodeBackends } from '../helpers/node-backends.ts';
import { batchesOf, createRacer } from '../helpers/step-race.ts';

const validation = { fraction: 0, seed: 1 };

/** y = a·x + b·z, no bias, mean squared error. */
const line: ModelSpec = {
  model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 1, use_bias: false } }] } }, loss: 'meanSquaredError', seed: 1 },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x', missing: 'refuse' }, { type: 'numeric', column: 'z', missing: 'refuse' }], label: { type: 'numeric', column: 'y' }, validation },
};
/** One example, (1, 0) with the label 8: at (a, b) the gradient is (2 (a − 8), 0). */
const one: Examples = { size: 1, inputs: Float32Array.of(1, 0), inputShape: [2], scale: 1, labels: Float32Array.of(8), labelShape: [1] };

const open: Trainer[] = [];
async function trainerOf(spec: ModelSpec, train: Examples, backend: BackendName): Promise<Trainer> {
  const trainer = await createLocalTrainer(spec, { train, validation: null, source: 'a test' }, { backend });
  open.push(trainer);
  return trainer;
}
afterEach(() => {
  for (const trainer of open.splice(0)) trainer.dispose();
});

describe.each(await nodeBackends())('a local step on %s', (backend) => {
  const path = async (settings: Partial<TrainSettings>, steps: number, start = [0, 0]): Promise<number[]> => {
    const trainer = await trainerOf(line, one, backend);
    const found: number[] = [];
    for (let count = 1; count <= steps; count++) {
      trainer.load(Float32Array.from(start));
      await trainer.train({ steps: count, batchSize: null, learningRate: 0.25, seed: 1, ...settings } as TrainSettings);
      found.push((await trainer.read())[0]);
    }
    return found;
  };

  it('is plain SGD where nothing is asked for', async () => {
    // 0.25 · 2 = 1/2 of the error each time.
    expect(await path({}, 3)).toEqual([4, 6, 7]);
    expect(await path({ optimizer: { name: 'sgd', momentum: 0, nesterov: false }, clipNorm: null, classWeights: null, proximal: null, correction: null }, 3)).toEqual([4, 6, 7]);
  });

  it('has heavy-ball momentum', async () => {
    // g −16, −8, 0; v −16, −16, −8; a 4, 8, 10.
    expect(await path({ optimizer: { name: 'sgd', momentum: 0.5, nesterov: false } }, 3)).toEqual([4, 8, 10]);
  });

  it('has Nesterov’s', async () => {
    // g −16, v −16, against −24: a 6; g −4, v −12, against −10: a 8.5; g 1, v −5, against −1.5: a 8.875.
    expect(await path({ optimizer: { name: 'sgd', momentum: 0.5, nesterov: true } }, 3)).toEqual([6, 8.5, 8.875]);
  });

  it('has Adam, whose first step is the learning rate whatever the gradient', async () => {
    const adam = { name: 'adam', beta1: 0.5, beta2: 0.75, epsilon: 1e-12 } as const;
    const [first, second] = await path({ optimizer: adam }, 2);
    expect(first).toBeCloseTo(0.25, 6);
    // g −16, −15.5; m −8, −11.75, over 1 − 1/4; v 64, 48 + 60.0625, over 1 − 9/16.
    expect(second).toBeCloseTo(0.25 + (0.25 * (11.75 / 0.75)) / Math.sqrt(108.0625 / 0.4375), 6);
  });

  it('begins its moments anew in each training', async () => {
    const trainer = await trainerOf(line, one, backend);
    for (let call = 0; call < 2; call++) {
      trainer.load(new Float32Array(2));
      await trainer.train({ steps: 2, batchSize: null, learningRate: 0.25, seed: 1, optimizer: { name: 'sgd', momentum: 0.5, nesterov: false } });
      expect((await trainer.read())[0]).toBe(8);
    }
  });

  it('clips the gradient to a norm, and leaves shorter ones and zeros', async () => {
    // 16 clipped to 8, twice the step of 2 each; from 4 the gradient is 8.
    expect(await path({ clipNorm: 8 }, 3)).toEqual([2, 4, 6]);
    expect(await path({ clipNorm: 8 }, 1, [8, 0])).toEqual([8]);
  });

  it('pulls towards where it began, or towards an anchor', async () => {
    // Gradient 2 (a − 8) + 4 (a − start): from 0, 4; then −8 + 16 = 8 back to 2, then −12 + 8 = −4 to 3: on the way to 8/3.
    expect(await path({ proximal: { strength: 4 } }, 3)).toEqual([4, 2, 3]);
    expect(await path({ proximal: { strength: 4, anchor: Float32Array.of(2, 0) } }, 1)).toEqual([6]);
  });

  it('adds a constant correction behind the clipping, to every weight', async () => {
    const trainer = await trainerOf(line, one, backend);
    trainer.load(new Float32Array(2));
    await trainer.train({ steps: 2, batchSize: null, learningRate: 0.25, seed: 1, clipNorm: 8, correction: Float32Array.of(4, -2) });
    // (−8 + 4, −2) twice.
    expect([...(await trainer.read())]).toEqual([2, 1]);
  });

  it('leaves what is frozen where it is, and clips by what moves', async () => {
    const biased: ModelSpec = { ...line, model: { ...line.model, topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 1 } }] } } } };
    const trainer = await trainerOf(biased, one, backend);
    const names = trainer.layout.tensors.map(({ name }) => name);
    const moved = async (settings: Partial<TrainSettings>): Promise<number[]> => {
      trainer.load(new Float32Array(3));
      await trainer.train({ steps: 2, batchSize: null, learningRate: 0.25, seed: 1, ...settings } as TrainSettings);
      return [...(await trainer.read())];
    };
    // a and the bias share the error: each takes half of it, and nothing is left.
    expect(await moved({})).toEqual([4, 0, 4]);
    // The bias alone: 4, then 2 more; with a norm of at most 4, 1 each time.
    expect(await moved({ frozen: [names[0]] })).toEqual([0, 0, 6]);
    expect(await moved({ frozen: [names[0]], clipNorm: 4 })).toEqual([0, 0, 2]);
    // a alone with momentum: against −16, then −8 − 8.
    expect(await moved({ frozen: [names[1]], optimizer: { name: 'sgd', momentum: 0.5, nesterov: false } })).toEqual([8, 0, 0]);
    await expect(moved({ frozen: ['no-such/weight'] })).rejects.toMatchObject({ code: 'bad_config' });
  });

  it('ends at the first step past its time', async () => {
    const trainer = await trainerOf(line, one, backend);
    trainer.load(new Float32Array(2));
    const { steps } = await trainer.train({ steps: 1e9, seconds: 1e-9, batchSize: null, learningRate: 0.25, seed: 1 });
    expect(steps).toBe(1);
    expect((await trainer.read())[0]).toBe(4);
  });

  it('weighs examples by their class, as given or so that its classes count alike', async () => {
    const spec: ModelSpec = {
      model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 2, activation: 'softmax', use_bias: false } }] } }, loss: 'categoricalCrossentropy', seed: 1 },
      data: { kind: 'table', features: [{ type: 'numeric', column: 'x', missing: 'refuse' }], label: { type: 'categorical', column: 'y', values: ['no', 'yes'] }, validation },
    };
    const examples: Examples = { size: 4, inputs: Float32Array.of(1, 1, 1, 1), inputShape: [1], scale: 1, labels: Int32Array.of(0, 0, 0, 1), labelShape: [] };
    const trainer = await trainerOf(spec, examples, backend);
    const moved = async (classWeights: TrainSettings['classWeights'], batchSize: number | null = null): Promise<number[]> => {
      trainer.load(new Float32Array(2));
      await trainer.train({ steps: 1, batchSize, learningRate: 1, seed: 1, classWeights });
      return [...(await trainer.read())];
    };
    // Both outputs are 1/2: the gradient at the first is (3 · (−1/2) + 1/2) / 4, and so the step 1/4.
    expect(await moved(null)).toEqual([0.25, -0.25]);
    // (3 · 1 · (−1/2) + 5 · 1/2) / 4 = 1/4 the other way.
    (await moved([1, 5])).forEach((w, i) => expect(w).toBeCloseTo([-0.25, 0.25][i], 6));
    // 4 / (2 · 3) and 4 / (2 · 1): the two classes balance each other.
    (await moved('balanced')).forEach((w) => expect(w).toBeCloseTo(0, 6));
    await expect(moved([1, 2, 3])).rejects.toMatchObject({ code: 'bad_config' });
    await expect((await trainerOf(line, one, backend as 'wasm')).train({ steps: 1, batchSize: null, learningRate: 1, seed: 1, classWeights: 'balanced' })).rejects.toMatchObject({ code: 'bad_config' });
  });

  it('leaves no tensor behind, and frees what it keeps', async () => {
    await prepareBackend(backend);
    const before = tf.memory().numTensors;
    const trainer = await createLocalTrainer(line, { train: one, validation: null, source: 'a test' }, { backend });
    const kinds: Partial<TrainSettings>[] = [{}, { optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } }, { proximal: { strength: 1 }, clipNorm: 1 }, { correction: new Float32Array(2) }];
    const round = async (): Promise<void> => {
      for (const kind of kinds) await trainer.train({ steps: 12, batchSize: null, learningRate: 0.01, seed: 1, ...kind } as TrainSettings);
    };
    await round();
    const kept = tf.memory().numTensors;
    for (let times = 0; times < 5; times++) await round();
    expect(tf.memory().numTensors).toBe(kept);
    trainer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

const images: ModelSpec = {
  model: { topology: mlp2nn(), loss: 'categoricalCrossentropy', seed: 4 },
  data: { kind: 'image', height: 28, width: 28, channels: 1, classes: Array.from({ length: 10 }, (_, i) => `${i}`), flat: true, scale: 1, validation },
};
const random = createRandom(3);
const pictures: Examples = { size: 30, inputs: Float32Array.from({ length: 30 * 784 }, () => random.normal()), inputShape: [784], scale: 1, labels: Int32Array.from({ length: 30 }, (_, i) => i % 10), labelShape: [] };

const KINDS: readonly (readonly [string, StepKind])[] = [
  ['momentum', { optimizer: { name: 'sgd', momentum: 0.9, nesterov: false }, clipNorm: null, pull: 0, corrected: false, weighedClasses: 0, frozen: [] }],
  ['Nesterov', { optimizer: { name: 'sgd', momentum: 0.9, nesterov: true }, clipNorm: 0.5, pull: 0, corrected: false, weighedClasses: 0, frozen: [] }],
  ['Adam', { optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, clipNorm: null, pull: 0, corrected: false, weighedClasses: 0, frozen: [] }],
  ['pull, correction and class weights', { optimizer: { name: 'sgd', momentum: 0, nesterov: false }, clipNorm: null, pull: 0.1, corrected: true, weighedClasses: 10, frozen: [] }],
  ['frozen weights', { optimizer: { name: 'sgd', momentum: 0.9, nesterov: false }, clipNorm: 0.5, pull: 0, corrected: false, weighedClasses: 0, frozen: ['hidden_1/kernel', 'hidden_1/bias', 'output/bias'] }],
];

describe('local steps on the 2NN', () => {
  beforeAll(async () => {
    await prepareBackend('cpu');
    await prepareBackend('wasm');
  });

  it.each(KINDS)('with %s are replayed with the bits of ordinary ones', async (_, kind) => {
    const run = async (replay: boolean): Promise<{ losses: number[]; weights: Float32Array }> => {
      const racer = await createRacer(images, pictures, { replay });
      const values = { anchor: null, correction: Float32Array.from({ length: racer.model.layout.size }, (_, i) => ((i % 7) - 3) / 1000), classWeights: Float32Array.from({ length: 10 }, (_, i) => i / 5) };
      const losses = [1, 2].flatMap((seed) => racer.run(batchesOf(pictures, [10], 10, seed), 0.05, seed, { kind, values }));
      if (replay) expect(racer.runner.describe()).toMatchObject([{ batchSize: 10, mode: 'replayed', reason: null }]);
      const weights = await racer.model.getWeights();
      racer.dispose();
      return { losses, weights };
    };
    const [ordinary, replayed] = [await run(false), await run(true)];
    expect(replayed).toEqual(ordinary);
    expect(ordinary.weights.every(Number.isFinite)).toBe(true);
  });

  it('go where the plain formulas say', async () => {
    const trainer = await trainerOf(images, pictures, 'wasm');
    const start = Float32Array.from({ length: trainer.layout.size }, () => random.normal() / 20);
    const correction = start.map((w) => w / 10);
    const all: Partial<TrainSettings>[] = [
      { optimizer: { name: 'sgd', momentum: 0.9, nesterov: true }, clipNorm: 0.5, correction },
      { optimizer: { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-3 }, proximal: { strength: 0.5 } },
    ];
    for (const settings of all) {
      const whole = { steps: 4, batchSize: null, learningRate: 0.02, seed: 1, ...settings } as TrainSettings;
      const plain = createPlainStep(whole, start);
      let expected = start;
      for (let step = 0; step < 4; step++) {
        trainer.load(expected);
        expected = plain.next(expected, (await trainer.gradient({})).gradient);
      }
      trainer.load(start);
      await trainer.train(whole);
      const found = await trainer.read();
      const [apart, way] = [expected.map((w, i) => w - found[i]), expected.map((w, i) => w - start[i])].map((v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0)));
      expect(apart / way).toBeLessThan(1e-4);
    }
  });
});
