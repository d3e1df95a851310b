import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { measureTraining } from '../../client/training/measure-training.ts';
import { syntheticExamples } from '../../client/training/synthetic-examples.ts';
import { prepareBackend } from '../../shared/model/backends.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { textRnn } from '../../simulations/models/text-rnn.ts';
import { nodeBackends } from '../helpers/node-backends.ts';

const dense = (units: number, activation: string): object => ({ class_name: 'Dense', config: { units, activation } });
const specOf = (data: unknown, topology: ModelSpec['model']['topology'], loss: ModelSpec['model']['loss']): ModelSpec => ({ data: DataContract.parse(data), model: { topology, loss, seed: 1 } });
const sequential = (...layers: object[]): ModelSpec['model']['topology'] => ({ class_name: 'Sequential', config: { layers } });

const backends = await nodeBackends();
const classes = ['a', 'b', 'c'];
const specs: [string, ModelSpec][] = [
  ['images', specOf({ kind: 'image', height: 6, width: 5, channels: 3, classes }, sequential({ class_name: 'Conv2D', config: { filters: 2, kernel_size: [3, 3] } }, { class_name: 'Flatten', config: {} }, dense(3, 'softmax')), 'categoricalCrossentropy')],
  ['a table with numbers as labels', specOf({ kind: 'table', features: [{ type: 'numeric', column: 'a' }, { type: 'categorical', column: 'b', values: ['x', 'y'] }], label: { type: 'numeric', column: 'y' } }, sequential(dense(4, 'relu'), dense(1, 'linear')), 'meanSquaredError')],
  ['texts', specOf({ kind: 'text', column: 't', labelColumn: 'l', classes, length: 4, vocabulary: ['one', 'two'] }, textRnn({ words: 4, length: 4, classes: 3, cell: 'GRU', embedding: 2, units: 3 }), 'categoricalCrossentropy')],
];

describe.each(specs)('synthetic examples of %s', (_, spec) => {
  it('are what the data contract says', () => {
    const { inputs, labels, inputShape, size } = syntheticExamples(spec, 7);
    expect(inputs).toHaveLength(7 * inputShape.reduce((a, b) => a * b, 1));
    expect(labels).toHaveLength(size);
    if (spec.data.kind === 'text') expect([...new Set(inputs)].every((word) => Number.isInteger(word) && word >= 0 && word < 4)).toBe(true);
    if (labels instanceof Int32Array) expect([...labels]).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  it.each(backends)('train on %s at a speed that is measured, leaving no tensor', async (backend) => {
    await prepareBackend(backend);
    const before = tf.memory().numTensors;
    expect(await measureTraining(spec, backend, 10)).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('measures a batch larger than any that is trained at a time', async () => {
  expect(await measureTraining(specs[1][1], 'wasm', 100_000)).toBeGreaterThan(0);
});

it('throws what a model throws that cannot be trained', async () => {
  const before = tf.memory().numTensors;
  await expect(measureTraining({ ...specs[1][1], model: { ...specs[1][1].model, topology: sequential({ class_name: 'Nonsense', config: {} }) } }, 'wasm', 10)).rejects.toMatchObject({ code: 'bad_task_spec' });
  expect(tf.memory().numTensors).toBe(before);
});
