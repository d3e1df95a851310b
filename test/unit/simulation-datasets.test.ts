/** What is in each of the simulations' datasets; what all have in common is in test/conformance/simulation-dataset.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeIdx } from '../../client/datasets/idx.ts';
import { DataContract } from '../../shared/task/data-contract.ts';
import { hasFashionMnist } from '../../simulations/datasets/fashion-mnist.ts';
import { loadPart, partitionInputOf } from '../../simulations/datasets/load-part.ts';
import { mnistContract, mnistExamples } from '../../simulations/datasets/mnist.ts';
import { DatasetSpec, openDataset, type DatasetSpecInput } from '../../simulations/datasets/registry.ts';
import { applyTransform } from '../../simulations/partitioners/transform.ts';
import { partitionBy, PartitionSpec } from '../../simulations/partitioners/registry.ts';
import { thrownBy } from '../helpers/thrown.ts';

const open = (spec: DatasetSpecInput): ReturnType<typeof openDataset> => openDataset(DatasetSpec.parse(spec));
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe('synthetic(alpha, beta)', () => {
  it('holds sizes and owners, nine tenths to train on', async () => {
    const { size, owners } = await open({ name: 'synthetic', owners: 3, examplesPerOwner: 10 }).loadWhole('train');
    expect([size, [...(owners ?? [])]]).toEqual([27, [0, 1, 2].flatMap((owner) => new Array<number>(9).fill(owner))]);
    expect(await open({ name: 'synthetic', owners: 3, examplesPerOwner: 10 }).owners('test')).toEqual(Int32Array.of(0, 1, 2));
  });

  it('has at least 50 examples an owner and few owners with most of them, where sizes are lognormal', async () => {
    const dataset = open({ name: 'synthetic', owners: 100, features: 2 });
    const sizes = new Array<number>(100).fill(0);
    for (const set of ['train', 'test'] as const) for (const owner of (await dataset.owners(set)) ?? []) sizes[owner]++;
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(50);
    sizes.sort((a, b) => b - a);
    const share = sizes.slice(0, 10).reduce((a, b) => a + b, 0) / sizes.reduce((a, b) => a + b, 0);
    expect(share).toBeGreaterThan(0.4);
  });

  it('gives an owner the same examples however many others there are', async () => {
    const [few, many] = await Promise.all([2, 5].map((owners) => open({ name: 'synthetic', owners, examplesPerOwner: 20 }).loadWhole('train')));
    expect([...many.inputs.subarray(0, few.inputs.length)]).toEqual([...few.inputs]);
    expect([...many.labels.subarray(0, few.size)]).toEqual([...few.labels]);
  });

  it('has feature j of variance j^−1.2 about a mean of its owner', async () => {
    const { inputs, size } = await open({ name: 'synthetic', owners: 1, examplesPerOwner: 20_000, features: 3, classes: 2 }).loadWhole('train');
    for (let j = 0; j < 3; j++) {
      const column = Float64Array.from({ length: size }, (_, i) => inputs[3 * i + j]);
      const middle = mean(column);
      const variance = mean(column.map((value) => (value - middle) ** 2));
      // Five standard errors, σ²·√(2/n).
      expect(Math.abs(variance / (j + 1) ** -1.2 - 1)).toBeLessThan(5 * Math.sqrt(2 / size));
    }
  });

  it('moves its owners apart by beta', async () => {
    // An owner's mean over the features: variance beta + (1 + a little)/features about 0. With 400 owners, five standard errors: √(2/400) of it.
    for (const beta of [0, 4]) {
      const { inputs, size } = await open({ name: 'synthetic', owners: 400, examplesPerOwner: 12, features: 50, classes: 2, beta }).loadWhole('train');
      const each = size / 400;
      const means = Float64Array.from({ length: 400 }, (_, owner) => mean(inputs.subarray(owner * each * 50, (owner + 1) * each * 50)));
      // Σ's share of it: the sum of j^−1.2 over 50 places, by 50² and the examples.
      let noise = 0;
      for (let j = 1; j <= 50; j++) noise += j ** -1.2;
      const expected = beta + 1 / 50 + noise / 50 ** 2 / each;
      expect(Math.abs(mean(means.map((value) => value ** 2)) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / 400));
    }
  });
});

describe('blobs', () => {
  it('are clouds of deviation 1 about centres that an owner sees shifted', async () => {
    const dataset = open({ name: 'blobs', owners: 2, examplesPerOwner: 20_000, features: 2, classes: 2, drift: 3 });
    const { inputs, labels, owners } = await dataset.loadWhole('train');
    const middle = (owner: number, label: number): number[] => {
      const rows = Array.from(labels, (_, i) => i).filter((i) => owners?.[i] === owner && labels[i] === label);
      expect(rows).toHaveLength(10_000);
      return [0, 1].map((j) => mean(rows.map((i) => inputs[2 * i + j])));
    };
    // The same shift for both classes: the centres differ by the same vector. Five standard errors of a difference of four means.
    const [a, b] = [0, 1].map((owner) => [0, 1].map((j) => middle(owner, 1)[j] - middle(owner, 0)[j]));
    for (const j of [0, 1]) expect(Math.abs(a[j] - b[j])).toBeLessThan(5 * Math.sqrt(4 / 10_000));
    expect(Math.hypot(...[0, 1].map((j) => middle(1, 0)[j] - middle(0, 0)[j]))).toBeGreaterThan(0.5);
  });

  it('can be told apart by the nearest centre', async () => {
    const dataset = open({ name: 'blobs' });
    const { inputs, labels, size } = await dataset.loadWhole('train');
    const centres = Array.from({ length: 4 }, (_, label) => Float64Array.from({ length: 8 }, (_, j) => mean(Array.from(labels, (_, i) => i).filter((i) => labels[i] === label).map((i) => inputs[8 * i + j]))));
    expect(size).toBe(2_000);
    const test = await dataset.loadWhole('test');
    let right = 0;
    for (let i = 0; i < test.size; i++) {
      const distances = centres.map((centre) => centre.reduce((sum, value, j) => sum + (value - test.inputs[8 * i + j]) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === test.labels[i]) right++;
    }
    expect(right / test.size).toBeGreaterThan(0.9);
  });

  it('are dealt out by owner', async () => {
    const dataset = open({ name: 'blobs', owners: 5, examplesPerOwner: 4 });
    const plan = partitionBy({ name: 'natural' }, await partitionInputOf(dataset), { parts: 5, seed: 1 });
    expect(plan.parts.map((part) => [...part])).toEqual([0, 1, 2, 3, 4].map((owner) => [0, 1, 2, 3].map((i) => 4 * owner + i)));
  });
});

describe('a part of MNIST', () => {
  it('is what reading the file gives, turned and made noisy as the plan says', async () => {
    const dataset = open({ name: 'mnist' });
    const contract = mnistContract({ flat: true });
    const spec = PartitionSpec.parse({ name: 'feature-skew', base: { name: 'dirichlet', alpha: 0.5 }, skew: { kind: 'rotation', degrees: 45 } });
    const plan = partitionBy(spec, await partitionInputOf(dataset), { parts: 1_000, seed: 5 });
    const { train, validation } = await loadPart(dataset, contract, plan, 17);
    const transform = plan.transforms?.[17];
    if (!transform) throw new Error('the plan has no transform');
    const read = await mnistExamples('train', contract, plan.parts[17]);
    expect(train).toEqual(applyTransform(read, transform, contract));
    expect(train.inputs).not.toEqual(read.inputs);
    expect(validation).toBeNull();
  });
});

describe('Fashion-MNIST', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'murmur-fashion-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('says what to install where it is missing, and is read once it is there', async () => {
    const dataset = open({ name: 'fashion-mnist', folder });
    const { code, message } = await thrownBy(() => dataset.loadWhole('train'));
    expect(code).toBe('not_found');
    expect(message).toContain('apt-get install dataset-fashion-mnist');
    expect(await hasFashionMnist(folder)).toBe(false);
    const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => i % 251);
    await writeFile(join(folder, 'train-images-idx3-ubyte'), writeIdx([2, 28, 28], pixels));
    await writeFile(join(folder, 'train-labels-idx1-ubyte'), writeIdx([2], Uint8Array.of(9, 3)));
    const { inputs, labels, scale } = await dataset.load('train', DataContract.parse(dataset.contract({ flat: true })));
    expect([[...inputs], [...labels], scale]).toEqual([[...pixels], [9, 3], 1 / 255]);
  });

  it.each([
    ['another size', [2, 14, 56], [2], Uint8Array.of(0, 1)],
    ['fewer labels than images', [2, 28, 28], [1], Uint8Array.of(0)],
    ['a label beyond the classes', [2, 28, 28], [2], Uint8Array.of(0, 10)],
  ])('refuses files with %s', async (_what, dimensions, labelDimensions, labels) => {
    await writeFile(join(folder, 't10k-images-idx3-ubyte'), writeIdx(dimensions, new Uint8Array(2 * 784)));
    await writeFile(join(folder, 't10k-labels-idx1-ubyte'), writeIdx(labelDimensions, labels));
    expect((await thrownBy(() => open({ name: 'fashion-mnist', folder }).loadWhole('test'))).code).toBe('bad_dataset');
  });

  it('refuses what is no gzip', async () => {
    for (const name of ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz']) await writeFile(join(folder, name), 'nothing');
    expect((await thrownBy(() => open({ name: 'fashion-mnist', folder }).loadWhole('test'))).code).toBe('bad_dataset');
  });
});

it('refuses a wrong setting by its path', () => {
  expect(DatasetSpec.safeParse({ name: 'synthetic', alpha: -1 }).error?.issues[0].path).toEqual(['alpha']);
  expect(DatasetSpec.safeParse({ name: 'nobody' }).error?.issues[0].path).toEqual(['name']);
});
