import { afterEach, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { createLocalTrainer } from '../../client/training/local-trainer.ts';
import { createTrainerBench, type TrainerBench } from '../../client/training/trainer-bench.ts';
import { initialParameters, type ModelSpec } from '../../shared/model/build-model.ts';
import { takeExamples, type Dataset, type Examples } from '../../shared/model/examples.ts';
import { createRandom } from '../../shared/random.ts';
import type { BackendName } from '../../shared/task/conditions.ts';

/** Running means, dropout's masks, momentum of nothing: whatever a client could leave to the next. */
const spec: ModelSpec = {
  model: {
    topology: {
      class_name: 'Sequential',
      config: {
        layers: [
          { class_name: 'Dense', config: { units: 12, activation: 'relu' } },
          { class_name: 'BatchNormalization', config: {} },
          { class_name: 'Dropout', config: { rate: 0.25 } },
          { class_name: 'Dense', config: { units: 3, activation: 'softmax' } },
        ],
      },
    },
    loss: 'categoricalCrossentropy',
    seed: 7,
  },
  data: { kind: 'image', height: 4, width: 4, channels: 1, classes: ['a', 'b', 'c'], flat: true, scale: 1 / 255, validation: { fraction: 0, seed: 1 } },
};

function imagesOf(size: number, seed: number): Examples {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: size }, () => random.int(3));
  const inputs = Uint8Array.from({ length: size * 16 }, (_, i) => (random.next() < 0.7 ? 0 : random.int(100) + 50 * labels[Math.floor(i / 16)]));
  return { size, inputs, inputShape: [16], scale: 1 / 255, labels, labelShape: [] };
}

const datasetOf = (size: number, seed: number, validation: number | null = null): Dataset => ({ train: imagesOf(size, seed), validation: validation === null ? null : imagesOf(validation, seed + 100), source: `client ${seed}` });

const open: { dispose(): void }[] = [];
async function benchOn(backend: BackendName, residentBytes?: number): Promise<TrainerBench> {
  const bench = await createTrainerBench(spec, { backend, residentBytes });
  open.push(bench);
  return bench;
}
afterEach(() => {
  for (const one of open.splice(0)) one.dispose();
});

const bits = (values: Float32Array): Buffer => Buffer.from(values.slice().buffer);

describe.each(['wasm', 'cpu'] as const)('a bench of trainers on %s', (backend) => {
  it('gives each client the bits of a trainer made anew, whoever trained before', async () => {
    const { values } = await initialParameters(spec);
    const bench = await benchOn(backend);
    // Large enough to be recorded and replayed, too small, with a rest and without, one of them twice.
    const clients = [datasetOf(60, 1), datasetOf(7, 2, 5), datasetOf(43, 3), datasetOf(60, 1), datasetOf(100, 4, 9)];
    for (const [i, dataset] of clients.entries()) {
      const results = [];
      for (const trainer of [await createLocalTrainer(spec, dataset, { backend }), await bench.attach(dataset.source, () => Promise.resolve(dataset))]) {
        // A model that nothing was loaded into is all zeros.
        const fresh = await trainer.read();
        trainer.load(values);
        const trained = await trainer.train({ epochs: 3, batchSize: 5, learningRate: 0.1, seed: i });
        const gradient = await trainer.gradient({});
        results.push({ fresh: bits(fresh), trained, weights: bits(await trainer.read()), evaluation: await trainer.evaluate(), gradient: bits(gradient.gradient), examples: trainer.examples });
        trainer.dispose();
      }
      expect(results[1]).toEqual(results[0]);
    }
  });

  it('evaluates a model on examples that it keeps', async () => {
    const { values } = await initialParameters(spec);
    const [train, test] = [imagesOf(10, 1), imagesOf(300, 2)];
    const trainer = await createLocalTrainer(spec, { train, validation: test, source: 'a test' }, { backend });
    open.push(trainer);
    trainer.load(values);
    const expected = await trainer.evaluate();
    const bench = await benchOn(backend);
    let asked = 0;
    const load = (): Promise<Examples> => {
      asked++;
      return Promise.resolve(test);
    };
    expect(await bench.evaluate('all', values, load)).toEqual(expected);
    const attached = await bench.attach('client', () => Promise.resolve({ train, validation: null, source: 'client' }));
    attached.load(values);
    await attached.train({ epochs: 1, batchSize: 5, learningRate: 0.1, seed: 1 });
    expect(await bench.evaluate('all', values, load)).toEqual(expected);
    expect(asked).toBe(1);
    // The same name for examples to train on is another dataset.
    expect((await bench.attach('all', () => Promise.resolve(datasetOf(4, 9)))).examples).toBe(4);
    const halves = [await bench.evaluate('first', values, () => Promise.resolve(takeExamples(test, range(0, 120)))), await bench.evaluate('second', values, () => Promise.resolve(takeExamples(test, range(120, 300))))];
    expect(halves.map(({ examples }) => examples)).toEqual([120, 180]);
    expect(halves.reduce((sum, { examples, accuracy }) => sum + examples * (accuracy as number), 0) / 300).toBeCloseTo(expected.accuracy as number, 12);
    expect(halves.reduce((sum, { examples, loss }) => sum + examples * loss, 0) / 300).toBeCloseTo(expected.loss, 5);
  });
});

describe('a bench of trainers', () => {
  it('keeps as many bytes of examples as it may, the most recently used', async () => {
    // 10 examples of 16 inputs and a label, four bytes each.
    const bench = await benchOn('wasm', 2 * 680);
    const asked: string[] = [];
    const attach = async (key: string, size = 10): Promise<void> => {
      await bench.attach(key, () => {
        asked.push(key);
        return Promise.resolve(datasetOf(size, 1));
      });
    };
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await attach(key);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
    const before = tf.memory().numTensors;
    // More than there may be: alone, and while it is used.
    await attach('large', 50);
    expect(tf.memory().numTensors).toBe(before - 2);
    for (const key of ['large', 'a', 'large']) await attach(key, 50);
    expect(asked.slice(4)).toEqual(['large', 'a', 'large']);
  });

  it('lets nobody work on with a model that has gone to another dataset', async () => {
    const bench = await benchOn('wasm');
    const attach = (key: string): ReturnType<TrainerBench['attach']> => bench.attach(key, () => Promise.resolve(datasetOf(10, 1)));
    const first = await attach('a');
    const second = await attach('b');
    const options = { epochs: 1, batchSize: 5, learningRate: 0.1, seed: 1 };
    const gone = { code: 'internal', message: expect.stringContaining('used no more') as string };
    expect(() => first.load(new Float32Array(bench.layout.size))).toThrow(expect.objectContaining(gone));
    for (const work of [first.read(), first.train(options), first.gradient({}), first.evaluate()]) await expect(work).rejects.toMatchObject(gone);
    await second.train(options);
    await bench.evaluate('c', new Float32Array(bench.layout.size), () => Promise.resolve(imagesOf(5, 2)));
    await expect(second.train(options)).rejects.toMatchObject(gone);
    const third = await attach('b');
    third.dispose();
    await expect(third.train(options)).rejects.toMatchObject(gone);
  });

  it('refuses calls that overlap, and examples that are none', async () => {
    const bench = await benchOn('wasm');
    const load = (): Promise<Dataset> => Promise.resolve(datasetOf(10, 1));
    const overlapping = await Promise.allSettled([bench.attach('a', load), bench.attach('b', load)]);
    expect(overlapping.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(bench.attach('c', () => Promise.reject(new Error('no such file')))).rejects.toThrow('no such file');
    await expect(bench.attach('d', () => Promise.resolve({ ...datasetOf(10, 1), validation: { ...imagesOf(3, 1), labels: Int32Array.of(0, 1, 3) } }))).rejects.toMatchObject({ code: 'bad_dataset' });
    await expect(bench.evaluate('e', new Float32Array(bench.layout.size), () => Promise.resolve(imagesOf(0, 1)))).rejects.toMatchObject({ code: 'bad_dataset' });
    const trainer = await bench.attach('a', () => Promise.reject(new Error('it is here already')));
    expect(trainer.examples).toBe(10);
    const working = trainer.train({ epochs: 1, batchSize: 5, learningRate: 0.1, seed: 1 });
    expect(() => bench.dispose()).toThrow(expect.objectContaining({ code: 'internal' }));
    await expect(bench.attach('a', load)).rejects.toMatchObject({ code: 'internal' });
    await working;
  });

  it('leaves nothing behind', async () => {
    (await createTrainerBench(spec, { backend: 'wasm' })).dispose();
    const before = tf.memory();
    const bench = await createTrainerBench(spec, { backend: 'wasm' });
    for (const seed of [1, 2]) {
      const trainer = await bench.attach(`${seed}`, () => Promise.resolve(datasetOf(60, seed, 3)));
      await trainer.train({ epochs: 2, batchSize: 5, learningRate: 0.1, seed });
      trainer.dispose();
    }
    await bench.evaluate('all', new Float32Array(bench.layout.size), () => Promise.resolve(imagesOf(20, 3)));
    bench.dispose();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
    await expect(bench.attach('1', () => Promise.resolve(datasetOf(60, 1)))).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('disposed') as string });
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
