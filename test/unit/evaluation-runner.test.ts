/** Replayed evaluation gives the bits of the ordinary one, whatever the weights and the examples have become meanwhile. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import { buildModel, initialParameters, type BuiltModel, type ModelSpec } from '../../shared/model/build-model.ts';
import { evaluateModel, evaluationPass } from '../../shared/model/evaluate.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createEvaluationRunner, type EvaluationRunner } from '../../shared/model/replay/evaluation-runner.ts';
import { uploadExamples, type ResidentExamples } from '../../shared/model/resident-examples.ts';
import type { Topology } from '../../shared/model/topology.ts';
import { createRandom } from '../../shared/random.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';

const layer = (class_name: string, config: object = {}): object => ({ class_name, config });
const sequential = (...layers: object[]): Topology => ({ class_name: 'Sequential', config: { layers } });
const hidden = layer('Dense', { units: 20, activation: 'relu' });
const validation = { fraction: 0, seed: 1 };
const image = (classes: number, flat = true): DataContract => ({ kind: 'image', height: 8, width: 8, channels: 1, classes: Array.from({ length: classes }, (_, i) => `c${i}`), flat, scale: 1, validation });
const table: DataContract = { kind: 'table', features: Array.from({ length: 5 }, (_, i) => ({ type: 'numeric' as const, column: `f${i}`, missing: 'refuse' as const })), label: { type: 'numeric', column: 'y' }, validation };

function imagesOf(size: number, classes: number, { density = 0.2, flat = true, seed = 1 } = {}): Examples {
  const random = createRandom(seed);
  const inputs = Float32Array.from({ length: size * 64 }, () => (random.next() < density ? random.normal() : 0));
  return { size, inputs, inputShape: flat ? [64] : [8, 8, 1], scale: 1, labels: Int32Array.from({ length: size }, () => random.int(classes)), labelShape: [] };
}

function rowsOf(size: number): Examples {
  const random = createRandom(2);
  return { size, inputs: Float32Array.from({ length: 5 * size }, () => random.normal()), inputShape: [5], scale: 1, labels: Float32Array.from({ length: size }, () => random.normal()), labelShape: [1] };
}

const open: { dispose(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.dispose();
});
beforeAll(() => prepareBackend('wasm'));

interface Subject {
  readonly spec: ModelSpec;
  readonly model: BuiltModel;
  readonly values: Float32Array;
  readonly runner: EvaluationRunner;
  upload(examples: Examples): ResidentExamples;
}

async function subjectOf(topology: Topology, data: DataContract, loss: ModelSpec['model']['loss']): Promise<Subject> {
  const spec: ModelSpec = { model: { topology, loss, seed: 3 }, data };
  const { values } = await initialParameters(spec);
  await prepareBackend('wasm');
  const model = await buildModel(spec);
  const runner = createEvaluationRunner({ model, pass: evaluationPass(model, loss) });
  open.push(runner, model);
  return {
    spec,
    model,
    values,
    runner,
    upload(examples) {
      const resident = uploadExamples(spec, examples, 'a test');
      open.push(resident);
      return resident;
    },
  };
}

/** Ten whole batches and a part of one. */
const MANY = 2600;

describe('evaluation', () => {
  it.each<readonly [string, Topology, DataContract, ModelSpec['model']['loss'], Examples]>([
    ['softmax over sparse images', sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy', imagesOf(MANY, 3)],
    ['softmax over dense images', sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy', imagesOf(MANY, 3, { density: 1 })],
    ['a convolution and batch statistics', sequential(layer('Conv2D', { filters: 4, kernel_size: 3, activation: 'relu' }), layer('BatchNormalization'), layer('MaxPooling2D', { pool_size: 2 }), layer('Flatten'), layer('Dropout', { rate: 0.5 }), layer('Dense', { units: 3, activation: 'softmax' })), image(3, false), 'categoricalCrossentropy', imagesOf(MANY, 3, { flat: false })],
    ['a sigmoid of two classes', sequential(hidden, layer('Dense', { units: 1, activation: 'sigmoid' })), image(2), 'binaryCrossentropy', imagesOf(MANY, 2)],
    ['numbers', sequential(hidden, layer('Dense', { units: 1 })), table, 'meanSquaredError', rowsOf(MANY)],
  ])('is replayed with the same bits: %s', async (_, topology, data, loss, examples) => {
    const { model, values, runner, upload } = await subjectOf(topology, data, loss);
    const resident = upload(examples);
    for (const factor of [1, -0.5, 0, 3]) {
      model.setWeights(values.map((value) => value * factor));
      const expected = await evaluateModel(model, loss, resident);
      expect(await evaluateModel(model, loss, resident, { runner })).toEqual(expected);
    }
    expect(runner.describe()).toEqual({ replayed: 250, reason: null });
  });

  it('goes over other examples by the same plan, dense or sparse', async () => {
    const { spec, model, values, runner, upload } = await subjectOf(sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy');
    model.setWeights(values);
    for (const examples of [imagesOf(MANY, 3), imagesOf(500, 3, { density: 0.8, seed: 2 }), imagesOf(700, 3, { density: 0.1, seed: 3 })]) {
      const resident = upload(examples);
      expect(await evaluateModel(model, spec.model.loss, resident, { runner })).toEqual(await evaluateModel(model, spec.model.loss, resident));
    }
    expect(runner.describe().replayed).toBe(250);
  });

  it('in pieces of a few batches is worth a plan once so many have come', async () => {
    const { spec, model, values, runner, upload } = await subjectOf(sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy');
    model.setWeights(values);
    const piece = upload(imagesOf(1250, 3));
    const expected = await evaluateModel(model, spec.model.loss, piece);
    expect(await evaluateModel(model, spec.model.loss, piece, { runner })).toEqual(expected);
    expect(runner.describe().replayed).toBeNull();
    expect(await evaluateModel(model, spec.model.loss, piece, { runner })).toEqual(expected);
    expect(runner.describe()).toEqual({ replayed: 250, reason: null });
    expect(await evaluateModel(model, spec.model.loss, piece, { runner })).toEqual(expected);
  });

  it('of few examples is not worth a plan, and one too large is not kept', async () => {
    const few = await subjectOf(sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy');
    few.model.setWeights(few.values);
    await evaluateModel(few.model, few.spec.model.loss, few.upload(imagesOf(1900, 3)), { runner: few.runner });
    expect(few.runner.describe()).toEqual({ replayed: null, reason: null });
    // 250 examples of 64 · 300 float32 numbers each: 19 MB.
    const wide = await subjectOf(sequential(layer('Conv2D', { filters: 300, kernel_size: 1 }), layer('GlobalAveragePooling2D'), layer('Dense', { units: 3, activation: 'softmax' })), image(3, false), 'categoricalCrossentropy');
    wide.model.setWeights(wide.values);
    const resident = wide.upload(imagesOf(2000, 3, { flat: false }));
    expect(await evaluateModel(wide.model, wide.spec.model.loss, resident, { runner: wide.runner })).toEqual(await evaluateModel(wide.model, wide.spec.model.loss, resident));
    expect(wide.runner.describe()).toMatchObject({ replayed: null, reason: expect.stringMatching(/would need \d+ MB/) as string });
  });

  it('refuses what changes the weights or gives something else each time', async () => {
    const { model, upload } = await subjectOf(sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy');
    const resident = upload(imagesOf(20, 3));
    const [variable] = model.trainable.map((weight) => weight.variable);
    const assigning = createEvaluationRunner({ model, pass: ({ x }) => tf.tidy(() => {
      variable.assign(tf.add(variable, 1));
      return tf.sum(x);
    }) });
    let time = 0;
    const varying = createEvaluationRunner({ model, pass: ({ x }) => tf.tidy(() => tf.add(tf.sum(x), ++time)) });
    open.push(assigning, varying);
    const sum = tf.tidy(() => tf.sum(tf.slice(resident.tensors.x, [0, 0], [10, 64])).dataSync()[0]);
    const outcomes = [assigning, varying].map((runner) => [0, 1, 2].map(() => {
      const result = runner.run(resident, 0, 10, 9);
      const [value] = result instanceof Float32Array ? result : result.dataSync();
      if (!(result instanceof Float32Array)) result.dispose();
      return value;
    }));
    expect(outcomes).toEqual([[sum, sum, sum], [1, 2, 3].map((later) => Math.fround(sum + later))]);
    expect(assigning.describe().reason).toContain('changes weights');
    expect(varying.describe().reason).toContain('changes from step to step');
  });

  it('leaves nothing behind', async () => {
    const { spec, model, values, runner, upload } = await subjectOf(sequential(hidden, layer('Dense', { units: 3, activation: 'softmax' })), image(3), 'categoricalCrossentropy');
    const resident = upload(imagesOf(MANY, 3));
    model.setWeights(values);
    const held = (): unknown => [tf.memory().numTensors, (tf.backend() as unknown as { numDataIds(): number }).numDataIds()];
    await evaluateModel(model, spec.model.loss, resident);
    const before = held();
    const lists = resident.sparse();
    await evaluateModel(model, spec.model.loss, resident, { runner });
    await evaluateModel(model, spec.model.loss, resident, { runner });
    runner.dispose();
    lists?.dispose();
    expect(held()).toEqual(before);
  });
});
