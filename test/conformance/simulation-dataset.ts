/** What every dataset of the simulations must satisfy: exported, so that a new one is tried by one line. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classesOf, DataContract, inputShapeOf } from '../../shared/task/data-contract.ts';
import type { DatasetSet, WholeSet } from '../../simulations/datasets/dataset.ts';
import { loadPart, partitionInputOf } from '../../simulations/datasets/load-part.ts';
import { DATASETS, DatasetSpec, openDataset, type DatasetSpecInput } from '../../simulations/datasets/registry.ts';
import { partitionBy } from '../../simulations/partitioners/registry.ts';
import { bundleScript, type BundledScript } from '../helpers/bundle-script.ts';
import type { DatasetWorkerAnswer, DatasetWorkerData } from '../helpers/dataset-worker.ts';
import { thrownBy } from '../helpers/thrown.ts';

const SETS: readonly DatasetSet[] = ['train', 'test'];

/** To the byte; `toEqual` takes minutes over millions of elements. */
const same = (a: ArrayBufferView, b: ArrayBufferView): boolean => {
  const [left, right] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return left.equals(right);
};

/** @param sizes examples of its sets. */
export function simulationDatasetConformance(example: DatasetSpecInput, sizes: Readonly<Record<DatasetSet, number>>): void {
  describe(`dataset ${JSON.stringify(example)}`, () => {
    const spec = DatasetSpec.parse(example);
    const dataset = openDataset(spec);
    const contract = DataContract.parse(dataset.contract({ flat: true }));
    const width = inputShapeOf(contract).reduce((a, b) => a * b, 1);
    let script: BundledScript;
    beforeAll(async () => void (script = await bundleScript(new URL('../helpers/dataset-worker.ts', import.meta.url))));
    afterAll(() => script.remove());

    it('stands in the registry once, and its spec is plain data', () => {
      expect(DATASETS.filter(({ name }) => name === spec.name)).toHaveLength(1);
      expect(DatasetSpec.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
      expect(DatasetSpec.safeParse({ ...example, colour: 'green' }).error?.issues.map(({ code }) => code)).toEqual(['unrecognized_keys']);
    });

    it.each(SETS)('gives the %s set whole: so many examples, finite, every class, in shared memory, read once', async (set) => {
      const whole = await dataset.loadWhole(set);
      expect([whole.size, whole.inputs.length, whole.labels.length]).toEqual([sizes[set], sizes[set] * width, sizes[set]]);
      expect(whole.owners?.length ?? whole.size).toBe(whole.size);
      // Bytes cannot be anything else.
      if (whole.inputs instanceof Float32Array) expect(whole.inputs.every((value) => Number.isFinite(value))).toBe(true);
      expect([...new Set(whole.labels)].sort((a, b) => a - b)).toEqual((classesOf(contract) ?? []).map((_, label) => label));
      for (const values of [whole.inputs, whole.labels, ...(whole.owners ? [whole.owners] : [])]) expect(values.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect((await dataset.loadWhole(set)) === whole).toBe(true);
      expect([(await dataset.labels(set)) === whole.labels, (await dataset.owners(set)) === whole.owners]).toEqual([true, true]);
    });

    it('is the same each time that it is opened', async () => {
      const [first, again] = [await dataset.loadWhole('test'), await openDataset(spec).loadWhole('test')];
      expect([again.size, same(again.inputs, first.inputs), same(again.labels, first.labels), again.owners]).toEqual([first.size, true, true, first.owners]);
    });

    it('gives the examples at any indices, in their order, copied', async () => {
      const { inputs, labels, size } = await dataset.loadWhole('train');
      const indices = Int32Array.of(size - 1, 0, 2, 0);
      const some = await dataset.load('train', contract, indices);
      expect([some.size, some.inputShape, some.labelShape]).toEqual([4, inputShapeOf(contract), []]);
      indices.forEach((index, row) => {
        expect(some.labels[row]).toBe(labels[index]);
        expect(same(some.inputs.subarray(row * width, (row + 1) * width), inputs.subarray(index * width, (index + 1) * width))).toBe(true);
      });
      expect(some.inputs.buffer).toBeInstanceOf(ArrayBuffer);
      expect((await dataset.load('test', contract)).size).toBe(sizes.test);
    });

    it('refuses an index beyond the set, and the contract of other data', async () => {
      for (const index of [-1, sizes.test]) expect((await thrownBy(() => dataset.load('test', contract, Int32Array.of(index)))).code).toBe('bad_config');
      const foreign = DataContract.parse({ kind: 'table', features: [{ type: 'numeric', column: 'age' }], label: { type: 'categorical', column: 'y', values: ['a', 'b'] } });
      expect((await thrownBy(() => dataset.load('test', foreign))).code).toBe('bad_dataset');
    });

    it('lets the task say what it holds back to validate on', async () => {
      const holding = DataContract.parse({ ...dataset.contract({ flat: false }), validation: { fraction: 0.25, seed: 2 } });
      const { train, validation, source } = await loadPart(dataset, holding, { parts: [Int32Array.of(0, 1, 2, 3), Int32Array.of(4)] }, 0);
      expect([train.size, validation?.size, source]).toEqual([3, 1, `${spec.name} part 1 of 2`]);
      for (const part of [-1, 2, 0.5]) expect((await thrownBy(() => loadPart(dataset, holding, { parts: [Int32Array.of(0), Int32Array.of(4)] }, part))).code).toBe('bad_config');
    });

    it('is dealt out in a worker thread as it is here, from the same memory or from its own', async () => {
      const plan = partitionBy({ name: 'dirichlet', alpha: 0.5, minimum: 1 }, await partitionInputOf(dataset), { parts: 5, seed: 3 });
      const here = await loadPart(dataset, contract, plan, 2);
      const train: WholeSet = await dataset.loadWhole('train');
      for (const handed of [{ train }, {}]) {
        const worker = new Worker(script.path, { workerData: { spec, handed, contract, plan, part: 2 } satisfies DatasetWorkerData });
        const [there] = (await once(worker, 'message')) as [DatasetWorkerAnswer];
        await worker.terminate();
        expect([there.part.train.size, there.part.source, there.part.validation]).toEqual([here.train.size, here.source, null]);
        expect([same(there.part.train.inputs, here.train.inputs), same(there.part.train.labels, here.train.labels)]).toEqual([true, true]);
        expect(there.sameMemory).toBe(handed.train !== undefined);
      }
    });
  });
}
