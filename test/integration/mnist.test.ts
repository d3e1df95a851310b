import { describe, expect, it } from 'vitest';
import { openDatasetSource } from '../../client/datasets/node/open-source.ts';
import { idxDataset } from '../../client/datasets/idx.ts';
import { mnistContract, mnistExamples, mnistLabels, mnistSample } from '../../simulations/datasets/mnist.ts';
import { mnistPartSource, mnistScheme, parseMnistPart } from '../../simulations/datasets/mnist-source.ts';
import { thrownBy } from '../helpers/thrown.ts';

const contract = mnistContract({ flat: true });

function counts(labels: ArrayLike<number>): number[] {
  const found = new Array<number>(10).fill(0);
  for (const label of Array.from(labels)) found[label]++;
  return found;
}

describe('MNIST', () => {
  it('is whole: as many of each digit as LeCun et al. say', async () => {
    expect(counts(await mnistLabels('train'))).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    const test = await mnistExamples('test', contract);
    expect(counts(test.labels)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([test.size, test.inputs.length, test.inputShape, test.scale, test.labelShape]).toEqual([10_000, 7_840_000, [784], 1 / 255, []]);
    expect([...test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  it('has the mean and the deviation that everybody standardises it by', async () => {
    const { inputs, size, inputShape } = await mnistExamples('train', mnistContract({ flat: false }));
    expect([size, inputShape]).toEqual([60_000, [28, 28, 1]]);
    let sum = 0;
    let squares = 0;
    for (const value of inputs) {
      sum += value / 255;
      squares += (value / 255) ** 2;
    }
    const mean = sum / inputs.length;
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(Math.sqrt(squares / inputs.length - mean ** 2)).toBeCloseTo(0.3081, 4);
  });

  it('gives the examples at any indices, in their order', async () => {
    const all = await mnistExamples('train', contract);
    const indices = Int32Array.of(59_999, 0, 1_024, 1_023, 0, 30_000);
    const some = await mnistExamples('train', contract, indices);
    indices.forEach((index, row) => {
      expect(some.labels[row]).toBe(all.labels[index]);
      expect(some.inputs.subarray(row * 784, (row + 1) * 784)).toEqual(all.inputs.subarray(index * 784, (index + 1) * 784));
    });
    expect((await thrownBy(() => mnistExamples('test', contract, Int32Array.of(10_000)))).message).toBe("MNIST's test set has no example 10000; it has 10000");
  });

  it('is dealt out whole to its parts', async () => {
    const held = await Promise.all([1, 2, 3].map(async (part) => (await mnistPartSource({ part, parts: 3, alpha: 0.5, seed: 4 }).load(contract)).train));
    expect(held.reduce((sum, { size }) => sum + size, 0)).toBe(60_000);
    expect(counts(held.flatMap(({ labels }) => [...labels]))).toEqual(counts(await mnistLabels('train')));
    // In memory is the part alone, no view of the whole.
    for (const { inputs, size } of held) expect(inputs.buffer.byteLength).toBe(size * 784);
  });

  it('is opened by its scheme, with what the contract holds back', async () => {
    const source = openDatasetSource('mnist:2/10?alpha=iid&seed=7', { mnist: mnistScheme });
    const { train, validation, source: name } = await source.load(mnistContract({ flat: false, validation: { fraction: 0.1, seed: 3 } }));
    expect([train.size, validation?.size, train.inputShape, name]).toEqual([5_400, 600, [28, 28, 1], 'mnist:2/10?alpha=iid&seed=7']);
  });

  it('gives a sample as IDX files that can be read again', async () => {
    const sample = await mnistSample({ examples: 1_000, seed: 5 });
    const again = await mnistSample({ examples: 1_000, seed: 5 });
    const other = await mnistSample({ examples: 1_000, seed: 6 });
    expect(again).toEqual(sample);
    expect(other.labels).not.toEqual(sample.labels);
    const { train } = await idxDataset({ name: 'images', bytes: sample.images }, { name: 'labels', bytes: sample.labels }, contract);
    expect(train.size).toBe(1_000);
    expect(Math.min(...counts(train.labels))).toBeGreaterThan(50);
    expect((await thrownBy(() => mnistSample({ examples: 60_001, seed: 1 }))).code).toBe('bad_config');
  });
});

describe('what follows mnist:', () => {
  it('has defaults', () => {
    expect(parseMnistPart('3/10')).toEqual({ part: 3, parts: 10, alpha: 0.5, seed: 1 });
    expect(parseMnistPart('1/1?seed=-2&alpha=0.05')).toEqual({ part: 1, parts: 1, alpha: 0.05, seed: -2 });
  });

  it.each(['', '3', '0/10', '11/10', '1/0', '1/2?beta=1', '1/2?alpha=0', '1/2?alpha=x', '1/2?seed=1.5', '-1/2'])('is refused where it is %j', async (rest) => {
    expect((await thrownBy(() => parseMnistPart(rest))).code).toBe('bad_usage');
  });

  it('does not serve a task of other images', async () => {
    const error = await thrownBy(() => mnistPartSource({ part: 1, parts: 2, alpha: null, seed: 1 }).load({ ...contract, classes: ['cat', 'dog'] }));
    expect(error.message).toBe('mnist:1/2?alpha=iid&seed=1 holds images of 28 × 28 × 1 of the classes 0 to 9, the task wants 28 × 28 × 1 of cat, dog');
  });
});
