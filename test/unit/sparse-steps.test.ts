/** Steps on examples that are mostly zero leave the zeros out: the same bits, whatever reads the examples, and whatever examples came before. */
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareBackend } from '../../shared/model/backends.ts';
import type { ModelSpec } from '../../shared/model/build-model.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { uploadExamples } from '../../shared/model/resident-examples.ts';
import type { Topology } from '../../shared/model/topology.ts';
import { createRandom } from '../../shared/random.ts';
import { batchesOf, createRacer, race } from '../helpers/step-race.ts';

const layer = (class_name: string, config: object = {}): object => ({ class_name, config });
const sequential = (...layers: object[]): Topology => ({ class_name: 'Sequential', config: { layers } });
const softmax = layer('Dense', { units: 3, activation: 'softmax' });

const specOf = (topology: Topology, flat = true): ModelSpec => ({
  model: { topology, loss: 'categoricalCrossentropy', seed: 3 },
  data: { kind: 'image', height: 9, width: 9, channels: 1, classes: ['a', 'b', 'c'], flat, scale: 1, validation: { fraction: 0, seed: 1 } },
});

function images(density: number, { flat = true, size = 30, seed = 5 } = {}): Examples {
  const random = createRandom(seed);
  const inputs = Float32Array.from({ length: size * 81 }, () => (random.next() < density ? random.normal() : 0));
  return { size, inputs, inputShape: flat ? [81] : [9, 9, 1], scale: 1, labels: Int32Array.from({ length: size }, (_, i) => i % 3), labelShape: [] };
}

beforeAll(() => prepareBackend('wasm'));

describe('sparse examples', () => {
  it('are those of which at most two values in five are not zero, and wide ones', () => {
    const spec = specOf(sequential(softmax));
    const sparse = uploadExamples(spec, images(0.2), 'a test');
    const dense = uploadExamples(spec, images(0.6), 'a test');
    const before = sparse.bytes;
    expect(before).toBe(4 * (30 * 81 + 30));
    expect(dense.sparse()).toBeNull();
    const lists = sparse.sparse();
    expect(lists).not.toBeNull();
    expect(sparse.sparse()).toBe(lists);
    const nonZero = images(0.2).inputs.filter((value) => value !== 0).length;
    expect(sparse.bytes - before).toBe(8 * (30 + nonZero));
    for (const one of [sparse, dense]) one.dispose();
    expect(sparse.sparse()).toBeNull();
  });
});

describe('a step on sparse examples', () => {
  const hidden = (config: object = {}): object => layer('Dense', { units: 45, activation: 'relu', ...config });
  const models: readonly (readonly [string, Topology, boolean])[] = [
    ['two layers', sequential(hidden(), softmax), true],
    ['softmax alone', sequential(softmax), true],
    ['images that are flattened', sequential(layer('Flatten'), hidden({ activation: 'relu6' }), softmax), false],
    ['no bias', sequential(hidden({ use_bias: false, activation: 'linear' }), softmax), true],
    ['an activation that is no epilogue', sequential(hidden({ activation: 'tanh' }), softmax), true],
    ['a regularised kernel', sequential(hidden({ kernel_regularizer: { class_name: 'L1L2', config: { l1: 0, l2: 0.01 } } }), softmax), true],
    ['a constrained kernel', sequential(hidden({ kernel_constraint: { class_name: 'NonNeg', config: {} } }), softmax), true],
    ['dropout before it', sequential(layer('Dropout', { rate: 0.3 }), hidden(), softmax), true],
    ['a convolution before it', sequential(layer('Conv2D', { filters: 3, kernel_size: 3 }), layer('Flatten'), softmax), false],
    ['rows one after the other', sequential(layer('Reshape', { target_shape: [9, 9] }), layer('GRU', { units: 5 }), softmax), true],
  ];

  it.each(models)('is an ordinary one, bit for bit: %s', async (_, topology, flat) => {
    expect(await race(specOf(topology, flat), images(0.2, { flat }), { sizes: [4, 7] })).toMatchObject([{ mode: 'replayed' }, { mode: 'replayed' }]);
  });

  it.each([-0.1, 0, -0])('is so whatever the sign of the rate: %s', async (learningRate) => {
    await race(specOf(sequential(hidden({ kernel_initializer: { class_name: 'Zeros', config: {} } }), softmax)), images(0.2), { learningRate });
  });

  it('shares its plan with examples that are not sparse', async () => {
    const spec = specOf(sequential(hidden(), softmax));
    const sets = [images(0.2), images(0.7, { seed: 8 }), images(0.1, { size: 12, seed: 9 }), images(0, { seed: 10 })];
    const racers = await Promise.all([false, true].map((replay) => createRacer(spec, sets[0], { replay })));
    const residents = sets.map((set) => uploadExamples(spec, set, 'a test'));
    try {
      for (const [i, resident] of [...residents, ...residents].entries()) {
        const batches = batchesOf(sets[i % sets.length], [4], 9, i);
        const [ordinary, replayed] = racers.map((racer) => {
          racer.runner.use(resident);
          return racer.run(batches, 0.1, i);
        });
        expect(replayed).toEqual(ordinary);
        expect(await racers[1].model.getWeights()).toEqual(await racers[0].model.getWeights());
      }
      expect(racers[1].runner.describe()).toMatchObject([{ batchSize: 4, mode: 'replayed' }]);
      // Lists were made of those that are sparse.
      expect(residents.map(({ bytes, tensors }) => bytes > 4 * (tensors.x.size + tensors.labels.size))).toEqual([true, false, true, true]);
    } finally {
      for (const one of [...racers, ...residents]) one.dispose();
    }
  });
});
