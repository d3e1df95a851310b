/** Which steps can be replayed, what becomes of those that cannot, and that nothing is left behind either way. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import type { Logger } from '../../shared/logger.ts';
import { onBackend, prepareBackend, useBackend } from '../../shared/model/backends.ts';
import { initialParameters, type BuiltModel, type ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createPlan, type Plan } from '../../shared/model/replay/plan.ts';
import { recordStep, type Recording, type StepFrame } from '../../shared/model/replay/record.ts';
import { currentWasmHeap, heapFloats, type WasmHeap } from '../../shared/model/replay/wasm-heap.ts';
import { createRandom } from '../../shared/random.ts';
import { batchesOf, createRacer } from '../helpers/step-race.ts';

const spec: ModelSpec = {
  model: {
    topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Dense', config: { units: 5, activation: 'relu' } }, { class_name: 'Dropout', config: { rate: 0.2 } }, { class_name: 'Dense', config: { units: 3, activation: 'softmax' } }] } },
    loss: 'categoricalCrossentropy',
    seed: 2,
  },
  data: { kind: 'image', height: 2, width: 3, channels: 1, classes: ['a', 'b', 'c'], flat: true, scale: 1, validation: { fraction: 0, seed: 1 } },
};
const random = createRandom(8);
const examples: Examples = { size: 20, inputs: Float32Array.from({ length: 120 }, () => random.normal()), inputShape: [6], scale: 1, labels: Int32Array.from({ length: 20 }, (_, i) => i % 3), labelShape: [] };

let heap: WasmHeap;
beforeAll(async () => {
  await prepareBackend('cpu');
  await prepareBackend('wasm');
  heap = currentWasmHeap() as WasmHeap;
});

/** Tensors of TensorFlow.js and pieces of memory of the backend. */
const held = (): [number, number, number] => [tf.memory().numTensors, tf.memory().numDataBuffers, heap.numDataIds()];

interface Lab {
  readonly frame: StepFrame;
  readonly weight: tf.Variable;
  dispose(): void;
}

function lab(): Lab {
  useBackend('wasm');
  const initial = tf.tensor1d([1, 2, 3]);
  const weight = tf.variable(initial);
  initial.dispose();
  const batch = { x: tf.tensor2d([[1, -2, 3], [4, 5, -6]]), labels: tf.tensor1d([0, 1], 'int32') };
  const rate = tf.scalar(0.5);
  return { weight, frame: { weights: [weight], batch, rate, noise: { present: false, watcher: null, reseed: () => undefined } }, dispose: () => tf.dispose([weight, batch.x, batch.labels, rate]) };
}

function recorded(step: (lab: Lab) => tf.Tensor): Recording {
  const one = lab();
  const recording = recordStep(heap, one.frame, () => tf.tidy(() => step(one) as tf.Scalar));
  recording.loss.dispose();
  one.dispose();
  return recording;
}

describe('a step', () => {
  it('is a list of kernels and what they read', () => {
    const { program } = recorded(({ frame }) => tf.sum(tf.relu(tf.reshape(frame.batch.x, [6]))));
    expect(program?.operations.map((operation) => operation.type === 'kernel' && operation.kernel)).toEqual(['Relu', 'Sum']);
    // The weight, x, labels and rate; what relu and sum make. A reshape makes nothing.
    expect(program?.values.map(({ origin, elements }) => [origin, elements])).toEqual([['weight', 3], ['x', 6], ['labels', 2], ['rate', 1], ['computed', 6], ['computed', 1]]);
    expect(program?.operations[0]).toMatchObject({ inputs: [{ value: { origin: 'x' }, shape: [6] }], outputs: [{ shape: [6] }] });
  });

  it.each<[string, (lab: Lab) => tf.Tensor, RegExp]>([
    ['reads values on the host', ({ frame }) => tf.scalar(frame.batch.x.dataSync()[0]), /host reads/],
    ['draws at random', ({ frame }) => tf.sum(tf.cast(tf.multinomial(tf.sigmoid(frame.batch.x) as tf.Tensor2D, 4, 3), 'float32')), /at random|in a way of its own/],
    ['has texts', () => tf.scalar(tf.tensor1d(['a', 'b']).size), /string/],
    ['uses a tensor of another backend', ({ frame }) => tf.sum(tf.mul(frame.batch.x, onBackend('cpu', () => tf.scalar(2)))), /another backend|does not lie/],
    ['has a loss for each example', ({ frame }) => tf.sum(frame.batch.x, 1), /no float32 scalar/],
    ['gives a weight other memory', ({ weight }) => {
      weight.assign(tf.tensor1d([3, 4, 5]));
      return tf.sum(weight);
    }, /moves to other memory/],
  ])('cannot be replayed where it %s', (_, step, reason) => {
    const before = held();
    const recording = recorded(step);
    expect(recording.program).toBeNull();
    expect(recording.reason).toMatch(reason);
    expect(held()).toEqual(before);
  });

  it('leaves kernels and backend what they were, also when it fails', () => {
    const kernels = () => tf.getKernelsForBackend('wasm').map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    const before = kernels();
    const memory = held();
    recorded(({ frame }) => tf.sum(frame.batch.x));
    const one = lab();
    expect(() => recordStep(heap, one.frame, () => tf.tidy(() => tf.matMul(one.frame.batch.x as tf.Tensor2D, one.frame.batch.x as tf.Tensor2D) as unknown as tf.Scalar))).toThrow(/inner/i);
    expect(one.frame.noise.watcher).toBeNull();
    one.dispose();
    expect(kernels()).toEqual(before);
    expect(Object.keys(heap)).not.toEqual(expect.arrayContaining(['makeOutput', 'write', 'readSync', 'read', 'move']));
    expect(held()).toEqual(memory);
  });
});

describe('a plan', () => {
  const planned = (step: (lab: Lab) => tf.Tensor): { plan: Plan; one: Lab } => {
    const one = lab();
    one.weight.assign = (value) => void heapFloats(heap, heap.dataIdMap.get(one.weight.dataId).memoryOffset as number, 3).set(value.dataSync());
    // Reads inside of that assignment are ours.
    const recording = recordStep(heap, one.frame, () => tf.tidy(() => step(one) as tf.Scalar));
    recording.loss.dispose();
    if (recording.program === null) throw new Error(recording.reason ?? '');
    const plan = createPlan(recording.program, { heap, kernels: null, weights: one.frame.weights });
    if (typeof plan === 'string') throw new Error(plan);
    heapFloats(heap, plan.given.rate, 1)[0] = 0.5;
    return { plan, one };
  };
  const stop = ({ plan, one }: { plan: Plan; one: Lab }): void => {
    plan.dispose();
    one.dispose();
  };

  it('computes from what is written into it', () => {
    const before = held();
    const made = planned(({ frame, weight }) => tf.add(tf.sum(tf.mul(frame.batch.x, weight)), tf.mul(frame.rate as tf.Scalar, 2)));
    const give = (values: number[]): number => {
      heapFloats(heap, made.plan.given.x, 6).set(values);
      return made.plan.run();
    };
    // 1·1 + 2·2 + 3·3 twice, and twice the rate.
    expect(give([1, 2, 3, 1, 2, 3])).toBe(29);
    expect(give([0, 0, 0, 0, 0, 1])).toBe(4);
    expect(made.plan.fits()).toBe(true);
    made.one.weight.dispose();
    expect(made.plan.fits()).toBe(false);
    stop(made);
    expect(held()).toEqual(before);
  });

  it('notices a kernel that makes something else than it did', () => {
    const made = planned(({ frame }) => tf.sum(tf.unique(tf.reshape(frame.batch.x, [6])).values));
    heapFloats(heap, made.plan.given.x, 6).set([6, 5, 4, 3, 2, 1]);
    expect(made.plan.run()).toBe(21);
    heapFloats(heap, made.plan.given.x, 6).set([1, 1, 1, 1, 1, 1]);
    expect(() => made.plan.run()).toThrow(expect.objectContaining({ code: 'backend_failed' }));
    // The backend allocates as before.
    expect(tf.tidy(() => tf.add(tf.scalar(1), 2).dataSync()[0])).toBe(3);
    stop(made);
  });

  it('is not made where it would need too much memory', () => {
    const one = lab();
    // Two results that are needed at the same time.
    const { program, loss } = recordStep(heap, one.frame, () => tf.tidy(() => {
      const [a, b] = [2, 3].map((factor) => tf.mul(tf.tile(tf.reshape(one.frame.batch.x, [1, 6]), [6_000_000, 1]), factor));
      return tf.sum<tf.Scalar>(tf.slice(tf.mul(a, b), [0, 0], [1, 6]));
    }));
    loss.dispose();
    if (program === null) throw new Error('not recorded');
    const before = held();
    expect(createPlan(program, { heap, kernels: null, weights: one.frame.weights })).toMatch(/^it would need \d{3} MB$/);
    expect(held()).toEqual(before);
    one.dispose();
  });
});

/** A logger that keeps what it is told. */
function listening(): { logger: Logger; told: string[] } {
  const told: string[] = [];
  const note = (level: string) => (fields: object, message: string) => void told.push(`${level}: ${message}: ${(fields as { reason: string }).reason}`);
  return { told, logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') } };
}

describe('a model that cannot be replayed', () => {
  const changed = (forward: (model: BuiltModel, x: tf.Tensor, training: boolean) => tf.Tensor) => (model: BuiltModel): BuiltModel => ({ ...model, forward: (x, training) => forward(model, x, training) });
  const steps = batchesOf(examples, [4], 10);

  let calls = 0;
  it.each<[string, (model: BuiltModel) => BuiltModel, RegExp]>([
    ['another constant at each step', changed((model, x, training) => tf.mul(model.forward(x, training), tf.scalar(1 + 0.01 * calls++))), /a value that is written changes/],
    ['another operation at each step', changed((model, x, training) => (calls++ % 2 === 0 ? model.forward(x, training) : tf.neg(model.forward(x, training)))), /operation/],
    ['a look at the values', changed((model, x, training) => {
      const raw = model.forward(x, training);
      return tf.mul(raw, Math.max(1, raw.dataSync()[0]));
    }), /host reads/],
  ])('trains the ordinary way, and says why: %s', async (_, around, reason) => {
    const { logger, told } = listening();
    const results: unknown[] = [];
    for (const replay of [false, true]) {
      calls = 0;
      const racer = await createRacer(spec, examples, { replay, around, logger });
      results.push([racer.run(steps, 0.1), await racer.model.getWeights()]);
      if (replay) expect(racer.runner.describe()).toEqual([{ batchSize: 4, mode: 'ordinary', reason: expect.stringMatching(reason) as string, bytes: 0 }]);
      racer.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(told).toEqual([expect.stringMatching(new RegExp(`^debug: steps are not replayed: .*${reason.source}`))]);
  });

  it('carries states from step to step', async () => {
    const stateful: ModelSpec = {
      ...spec,
      model: { ...spec.model, topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Reshape', config: { target_shape: [2, 3], batch_input_shape: [4, 6] } }, { class_name: 'GRU', config: { units: 3, stateful: true } }, { class_name: 'Dense', config: { units: 3, activation: 'softmax' } }] } } },
    };
    const results: unknown[] = [];
    for (const replay of [false, true]) {
      const racer = await createRacer(stateful, examples, { replay });
      results.push(racer.run(steps, 0.1));
      if (replay) expect(racer.runner.describe()).toMatchObject([{ mode: 'ordinary', reason: expect.stringMatching(/changes from step to step|the next time/) as string }]);
      racer.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });
});

describe('the check of the first replayed step', () => {
  it('catches a plan that computes something else; the ordinary weights stand', async () => {
    const { logger, told } = listening();
    const ordinary = await createRacer(spec, examples, { replay: false });
    const racer = await createRacer(spec, examples, { replay: true, logger });
    const batches = batchesOf(examples, [4], 8);
    const first = tf.getKernel('Relu', 'wasm');
    const swap = (kernel: tf.KernelConfig): void => {
      tf.unregisterKernel('Relu', 'wasm');
      tf.registerKernel(kernel);
    };
    for (const one of [ordinary, racer]) {
      one.model.noise.reseed(createRandom(1));
      one.runner.begin(0.1, new Map([[4, 100]]));
      one.runner.step(batches[0]);
    }
    expect(racer.runner.describe()).toMatchObject([{ mode: 'ordinary', reason: 'its replay has not been checked yet' }]);
    // From now on the ordinary step does something else than what was recorded, unnoticed.
    swap({ ...first, kernelFunc: (call) => (tf.getKernel('Abs', 'wasm')).kernelFunc(call) });
    try {
      for (const batch of batches.slice(1)) expect(racer.runner.step(batch)).toBe(ordinary.runner.step(batch));
    } finally {
      swap(first);
    }
    for (const one of [ordinary, racer]) one.runner.end();
    expect(await racer.model.getWeights()).toEqual(await ordinary.model.getWeights());
    expect(racer.runner.describe()).toMatchObject([{ mode: 'ordinary', reason: expect.stringMatching(/^(its loss is|value \d+ of dense)/) as string }]);
    expect(told).toEqual([expect.stringMatching(/^warn: steps are not replayed: (its loss is|value)/)]);
    for (const one of [ordinary, racer]) one.dispose();
  });
});

describe('nothing is left behind', () => {
  it('by steps, plans and trainers', async () => {
    const initial = await initialParameters(spec);
    useBackend('wasm');
    const before = held();
    const trainer = await createLocalTrainer(spec, { train: examples, validation: null, source: 'a test' }, { backend: 'wasm' });
    const train = (seed: number): Promise<unknown> => {
      trainer.load(initial.values);
      return trainer.train({ epochs: 6, batchSize: 6, learningRate: 0.1, seed });
    };
    await train(1);
    await train(2);
    const after = held();
    for (let seed = 0; seed < 20; seed++) await train(seed);
    expect(held()).toEqual(after);
    trainer.dispose();
    expect(held()).toEqual(before);
  });

  it('when a training is aborted in the middle, and it can go on', async () => {
    const initial = await initialParameters(spec);
    const trainer = await createLocalTrainer(spec, { train: examples, validation: null, source: 'a test' }, { backend: 'wasm' });
    trainer.load(initial.values);
    await trainer.train({ epochs: 10, batchSize: 5, learningRate: 0.1, seed: 1 });
    const after = held();
    const controller = new AbortController();
    let steps = 0;
    const aborted = trainer.train({ epochs: 1000, batchSize: 5, learningRate: 0.1, seed: 1, signal: controller.signal, onProgress: ({ step }) => {
      steps = step;
      if (step >= 12) controller.abort();
    } });
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    expect(steps).toBe(12);
    expect(held()).toEqual(after);
    const run = async (): Promise<unknown> => {
      trainer.load(initial.values);
      return [await trainer.train({ epochs: 3, batchSize: 5, learningRate: 0.1, seed: 3 }), await trainer.read()];
    };
    expect(await run()).toEqual(await run());
    trainer.dispose();
  });

  it('when a kernel fails in a replayed step', async () => {
    const words: ModelSpec = {
      model: { topology: { class_name: 'Sequential', config: { layers: [{ class_name: 'Embedding', config: { input_dim: 5, output_dim: 3, input_length: 4 } }, { class_name: 'Flatten', config: {} }, { class_name: 'Dense', config: { units: 2, activation: 'softmax' } }] } }, loss: 'categoricalCrossentropy', seed: 1 },
      data: { kind: 'text', column: 't', labelColumn: 'l', classes: ['a', 'b'], length: 4, vocabulary: ['x', 'y', 'z'], validation: { fraction: 0, seed: 1 } },
    };
    // The last example has a word that the model does not know.
    const texts: Examples = { size: 5, inputs: Int32Array.from({ length: 20 }, (_, i) => (i === 19 ? 7 : i % 5)), inputShape: [4], scale: 1, labels: Int32Array.of(0, 1, 0, 1, 0), labelShape: [] };
    const racer = await createRacer(words, texts, { replay: true });
    const good = Array.from({ length: 8 }, () => Int32Array.of(0, 1, 2));
    racer.run(good, 0.1);
    expect(racer.runner.describe()).toMatchObject([{ mode: 'replayed' }]);
    const replayed = held();
    expect(() => racer.run([Int32Array.of(0, 1, 4)], 0.1)).toThrow(expect.objectContaining({ code: 'backend_failed', message: expect.stringContaining('7') as string }));
    racer.run(good, 0.1);
    expect(racer.runner.describe()).toMatchObject([{ mode: 'replayed' }]);
    expect(held()).toEqual(replayed);
    racer.dispose();
  });
});
