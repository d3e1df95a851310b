import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idxDataset, writeIdx } from '../../client/datasets/idx.ts';
import { DataContract, type ImageContract } from '../../shared/task/data-contract.ts';
import { thrownBy } from '../helpers/thrown.ts';

function contract(overrides: object = {}): ImageContract {
  const parsed = DataContract.parse({ kind: 'image', height: 2, width: 3, channels: 1, classes: ['a', 'b', 'c'], ...overrides });
  if (parsed.kind !== 'image') throw new Error('no image contract');
  return parsed;
}

const pixels = Uint8Array.from({ length: 12 }, (_, i) => 20 * i);
const images = { name: 'img', bytes: writeIdx([2, 2, 3], pixels) };
const labels = { name: 'lab', bytes: writeIdx([2], Uint8Array.of(2, 0)) };

describe('IDX', () => {
  it('is written with a magic number and big-endian sizes', () => {
    expect([...writeIdx([1, 258], Uint8Array.of(7)).subarray(0, 13)]).toEqual([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 1, 2, 7]);
  });

  it('becomes images and labels', async () => {
    const { train, validation, source } = await idxDataset(images, labels, contract());
    expect(train).toEqual({ size: 2, inputs: pixels, inputShape: [2, 3, 1], scale: 1 / 255, labels: Int32Array.of(2, 0), labelShape: [] });
    expect([validation, source]).toEqual([null, 'idx:img,lab']);
  });

  it('is flat where the model is', async () => {
    expect((await idxDataset(images, labels, contract({ flat: true }))).train.inputShape).toEqual([6]);
  });

  it('is read gzipped', async () => {
    const zipped = (file: { name: string; bytes: Uint8Array }) => ({ ...file, bytes: new Uint8Array(gzipSync(file.bytes)) });
    expect((await idxDataset(zipped(images), zipped(labels), contract())).train.inputs).toEqual(pixels);
  });

  it('takes colours as a fourth dimension', async () => {
    const coloured = { name: 'img', bytes: writeIdx([1, 2, 2, 3], pixels) };
    const one = { name: 'lab', bytes: writeIdx([1], Uint8Array.of(1)) };
    expect((await idxDataset(coloured, one, contract({ width: 2, channels: 3 }))).train.inputShape).toEqual([2, 2, 3]);
  });

  const magic = 'an IDX file of unsigned bytes, which begins with 00 00 08 and its number of dimensions (1 for labels, 3 or 4 for images)';
  it.each([
    ['another magic number', { ...images, bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0) }, labels, `img: found a file that begins with 89 50 4e 47, expected ${magic}`],
    ['floats', { ...images, bytes: Uint8Array.of(0, 0, 0x0d, 3, 0, 0, 0, 0) }, labels, `img: found a file that begins with 00 00 0d 03, expected ${magic}`],
    ['an empty file', { ...images, bytes: new Uint8Array(0) }, labels, `img: found an empty file, expected ${magic}`],
    ['a header cut off', { ...images, bytes: images.bytes.subarray(0, 9) }, labels, 'img: found 9 bytes, expected 16 bytes of header for 3 dimensions'],
    ['values cut off', { ...images, bytes: images.bytes.subarray(0, 27) }, labels, 'img: found 11 values, expected 12, since its header says 2 × 2 × 3'],
    ['values too many', { ...labels, bytes: Uint8Array.of(...labels.bytes, 1) }, labels, 'lab: found 3 values, expected 2, since its header says 2'],
    ['a size beyond memory', { ...images, bytes: writeIdx([2 ** 31, 2, 3], pixels) }, labels, 'img: found 12 values, expected 12884901888, since its header says 2147483648 × 2 × 3'],
    ['gzip cut off', { ...images, bytes: new Uint8Array(gzipSync(images.bytes)).subarray(0, 25) }, labels, 'img: found gzip that cannot be unpacked, expected a whole file: it may be cut off or damaged'],
    ['other sizes', { ...images, bytes: writeIdx([2, 3, 2], pixels) }, labels, 'img: found dimensions 2 × 3 × 2, expected images × 2 × 3 as the task says'],
    ['files in the wrong order', images, images, 'img: found 3 dimensions (2 × 2 × 3), expected labels, which have one; the images come first, the labels second'],
    ['another number of labels', images, { name: 'lab', bytes: writeIdx([3], Uint8Array.of(0, 1, 2)) }, 'lab: found 3 labels, expected 2, one for each image of img'],
    ['a label that is no class', images, { name: 'lab', bytes: writeIdx([2], Uint8Array.of(0, 3)) }, 'lab: found label 3 for image 1, expected 0 to 2, since the classes are "a", "b", "c"'],
    ['no image', { name: 'img', bytes: writeIdx([0, 2, 3], new Uint8Array(0)) }, { name: 'lab', bytes: writeIdx([0], new Uint8Array(0)) }, 'img: found no image, expected at least one'],
  ])('is refused with %s', async (_, wrongImages, wrongLabels, message) => {
    const error = await thrownBy(() => idxDataset(wrongImages, wrongLabels, contract()));
    expect([error.code, error.message]).toEqual(['bad_dataset', message]);
  });
});
