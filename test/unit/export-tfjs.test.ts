import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exportTfjs } from '../../server/registry/export-tfjs.ts';
import { buildModel, initialParameters, type ModelSpec } from '../../shared/model/build-model.ts';
import { createRandom } from '../../shared/random.ts';
import type { DataContract } from '../../shared/task/data-contract.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';

const classes = ['a', 'b', 'c'];
const validation = { fraction: 0, seed: 1 };
const image: DataContract = { kind: 'image', height: 6, width: 6, channels: 1, classes, flat: false, scale: 1, validation };
const table: DataContract = {
  kind: 'table',
  features: ['x', 'y', 'z', 'u'].map((column) => ({ type: 'numeric' as const, column, missing: 'refuse' as const })),
  label: { type: 'categorical', column: 'label', values: classes },
  validation,
};
const text: DataContract = { kind: 'text', column: 't', labelColumn: 'l', classes, length: 5, vocabulary: ['one', 'two'], validation };
const sequential = (layers: readonly object[]) => ({ class_name: 'Sequential', config: { layers } });
const specOf = (data: DataContract, topology: ModelSpec['model']['topology']): ModelSpec => ({ data, model: { topology, loss: 'categoricalCrossentropy', seed: 5 } });

/** Loads the files as a page would, through TensorFlow.js's own HTTP handler. */
async function load(files: ReadonlyMap<string, Uint8Array>): Promise<{ model: LayersModel; fetched: string[] }> {
  const fetched: string[] = [];
  const fetchFunc = (url: RequestInfo | URL): Promise<Response> => {
    const name = (url as string).split('/').at(-1) as string;
    fetched.push(name);
    const bytes = files.get(name);
    return Promise.resolve(bytes ? new Response(Uint8Array.from(bytes), { headers: { 'content-type': name.endsWith('.json') ? 'application/json' : 'application/octet-stream' } }) : new Response(null, { status: 404 }));
  };
  return { model: await loadLayersModel(tf.io.http('http://models.example/model.json', { fetchFunc })), fetched };
}

/** Every weight another value: a file that mixed two of them up would predict otherwise. */
async function trainedParameters(spec: ModelSpec): Promise<Parameters> {
  const { layout } = await initialParameters(spec);
  const random = createRandom(3);
  // Positive, since variances of a batch normalisation are weights, too.
  return { layout, values: Float32Array.from({ length: layout.size }, () => 0.05 + random.next() / 4) };
}

let disposables: { dispose(): unknown }[] = [];
beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => {
  for (const disposable of disposables) disposable.dispose();
  disposables = [];
});

const models: [string, ModelSpec][] = [
  ['nameless dense layers that leave their input to the task', specOf(table, sequential([{ class_name: 'Dense', config: { units: 5, activation: 'relu' } }, { class_name: 'Dense', config: { units: 3, activation: 'softmax' } }]))],
  [
    'a convolutional net with batch normalisation',
    specOf(image, sequential([
      { class_name: 'Conv2D', config: { filters: 4, kernel_size: [3, 3], activation: 'relu', batch_input_shape: [null, 6, 6, 1] } },
      { class_name: 'BatchNormalization', config: {} },
      { class_name: 'Flatten', config: {} },
      { class_name: 'Dense', config: { name: 'out', units: 3, activation: 'softmax' } },
    ])),
  ],
  [
    'an embedding with a recurrent layer',
    specOf(text, sequential([
      { class_name: 'Embedding', config: { input_dim: 4, output_dim: 3, batch_input_shape: [null, 5] } },
      { class_name: 'GRU', config: { units: 4 } },
      { class_name: 'Dense', config: { units: 3, activation: 'softmax' } },
    ])),
  ],
];

describe('export for TensorFlow.js', () => {
  it.each(models)('gives what loadLayersModel loads, with exactly the same predictions: %s', async (_, spec) => {
    const parameters = await trainedParameters(spec);
    const ours = await buildModel(spec);
    disposables.push(ours);
    ours.setWeights(parameters.values);
    const files = exportTfjs(spec, parameters, { metadata: { task: 'demo', version: 3 } });
    const { model } = await load(files);
    disposables.push(model);
    const inputShape = model.inputs[0].shape.slice(1) as number[];
    const random = createRandom(9);
    const size = 4 * inputShape.reduce((a, b) => a * b, 1);
    const x = tf.tensor(Float32Array.from({ length: size }, () => (spec.data.kind === 'text' ? random.int(4) : random.normal())), [4, ...inputShape]);
    const [theirs, expected] = [model.predict(x) as tf.Tensor, ours.predict(x)];
    disposables.push(x, theirs, expected);
    expect(theirs.shape).toEqual([4, 3]);
    expect(theirs.dataSync()).toEqual(expected.dataSync());
    expect(new Set(theirs.dataSync()).size).toBeGreaterThan(3);
    expect(model.getUserDefinedMetadata()).toEqual({ task: 'demo', version: 3 });
  });

  it('cuts the weights at 4 MiB, between two numbers of one tensor if need be', async () => {
    // (4 + 1 + 3) · 262,200 + 3 weights are 8,390,412 bytes: two full shards and 1,804 bytes.
    const units = 262_200;
    const spec = specOf(table, sequential([{ class_name: 'Dense', config: { units } }, { class_name: 'Dense', config: { units: 3 } }]));
    const parameters = await trainedParameters(spec);
    expect(parameters.layout.size * 4).toBe(8_390_412);
    const files = exportTfjs(spec, parameters);
    expect([...files].slice(1).map(([name, bytes]) => [name, bytes.length])).toEqual([['group1-shard1of3.bin', 4_194_304], ['group1-shard2of3.bin', 4_194_304], ['group1-shard3of3.bin', 1_804]]);
    const { model, fetched } = await load(files);
    disposables.push(model);
    expect(fetched.sort()).toEqual(['group1-shard1of3.bin', 'group1-shard2of3.bin', 'group1-shard3of3.bin', 'model.json']);
    model.weights.forEach((weight, i) => {
      const { offset, size } = parameters.layout.tensors[i];
      expect(Buffer.compare(Buffer.from((weight.read().dataSync() as Float32Array).slice().buffer), Buffer.from(parameters.values.slice(offset, offset + size).buffer))).toBe(0);
    });
  });
});
