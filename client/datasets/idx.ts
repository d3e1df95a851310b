/** IDX, MNIST's file format: a magic number (0, 0, type, dimensions), big-endian sizes, values. Plain or gzipped. */
import type { Dataset } from '../../shared/model/examples.ts';
import type { ImageContract } from '../../shared/task/data-contract.ts';
import { imageDataset } from './images.ts';
import { badDataset, createProblems, listed, type DatasetProblem } from './problems.ts';

const UNSIGNED_BYTE = 0x08;
const MAX_DIMENSIONS = 4;

export interface IdxHeader {
  readonly dimensions: readonly number[];
  /** Where the values begin. */
  readonly offset: number;
}

/** Values in row-major order, a view of the file's bytes. */
export interface IdxArray {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bytes that a file may need to hold before its header can be read. */
export const IDX_HEADER_BYTES = 4 + 4 * MAX_DIMENSIONS;

/** True for the magic number of an IDX file of unsigned bytes, and for gzip, in which one usually comes. */
export function looksLikeIdx(start: Uint8Array): boolean {
  return isGzip(start) || (start.length >= 4 && start[0] === 0 && start[1] === 0 && start[2] === UNSIGNED_BYTE && start[3] >= 1 && start[3] <= MAX_DIMENSIONS);
}

/** @throws bad_dataset for a wrong magic number, a type other than unsigned byte, and a header that is cut off. */
export function readIdxHeader(file: string, bytes: Uint8Array): IdxHeader {
  const expected = 'an IDX file of unsigned bytes, which begins with 00 00 08 and its number of dimensions (1 for labels, 3 or 4 for images)';
  if (!looksLikeIdx(bytes) || isGzip(bytes)) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw badDataset(file, { found: bytes.length === 0 ? 'an empty file' : `a file that begins with ${start}`, expected });
  }
  const offset = 4 + 4 * bytes[3];
  if (bytes.length < offset) throw badDataset(file, { found: `${bytes.length} bytes`, expected: `${offset} bytes of header for ${bytes[3]} dimensions` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { dimensions: Array.from({ length: bytes[3] }, (_, i) => view.getUint32(4 + 4 * i)), offset };
}

/** @throws bad_dataset where the header is wrong or the file holds more or fewer values than it says. */
export function parseIdx(file: string, bytes: Uint8Array): IdxArray {
  const { dimensions, offset } = readIdxHeader(file, bytes);
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (bytes.length - offset !== size) {
    throw badDataset(file, { found: `${bytes.length - offset} values`, expected: `${size}, since its header says ${dimensions.join(' × ')}` });
  }
  return { dimensions, values: bytes.subarray(offset) };
}

export function writeIdx(dimensions: readonly number[], values: Uint8Array): Uint8Array {
  const offset = 4 + 4 * dimensions.length;
  const bytes = new Uint8Array(offset + values.length);
  bytes.set([0, 0, UNSIGNED_BYTE, dimensions.length]);
  const view = new DataView(bytes.buffer);
  dimensions.forEach((dimension, i) => view.setUint32(4 + 4 * i, dimension));
  bytes.set(values, offset);
  return bytes;
}

/** The bytes themselves, or what they hold where they are gzip. @throws bad_dataset for gzip that is cut off or damaged. */
export async function unzip(file: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    // The copy gives Blob an ArrayBuffer that is certainly not shared.
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw badDataset(file, { found: 'gzip that cannot be unpacked', expected: 'a whole file: it may be cut off or damaged' }, cause);
  }
}

/**
 * Images [n, height, width] (or [n, height, width, 3]) and labels [n] as the contract's examples.
 * @throws bad_dataset naming the file, the sizes and the labels that do not meet the contract.
 */
export async function idxDataset(images: NamedBytes, labels: NamedBytes, contract: ImageContract): Promise<Dataset> {
  const image = parseIdx(images.name, await unzip(images.name, images.bytes));
  const label = parseIdx(labels.name, await unzip(labels.name, labels.bytes));
  const wrong = wrongDimensions(image.dimensions, contract);
  if (wrong) throw badDataset(images.name, wrong);
  if (label.dimensions.length !== 1) {
    throw badDataset(labels.name, { found: `${label.dimensions.length} dimensions (${label.dimensions.join(' × ')})`, expected: 'labels, which have one; the images come first, the labels second' });
  }
  const [size] = image.dimensions;
  if (label.dimensions[0] !== size) throw badDataset(labels.name, { found: `${label.dimensions[0]} labels`, expected: `${size}, one for each image of ${images.name}` });
  if (size === 0) throw badDataset(images.name, { found: 'no image', expected: 'at least one' });
  const problems = createProblems(labels.name);
  label.values.forEach((value, i) => {
    if (value >= contract.classes.length) problems.add({ found: `label ${value} for image ${i}`, expected: `0 to ${contract.classes.length - 1}, since the classes are ${listed(contract.classes)}` });
  });
  problems.throwIfAny();
  return imageDataset(image.values, Int32Array.from(label.values), contract, `idx:${images.name},${labels.name}`);
}

function wrongDimensions(dimensions: readonly number[], contract: ImageContract): DatasetProblem | null {
  const { height, width, channels } = contract;
  const wanted = channels === 1 ? [height, width] : [height, width, channels];
  const found = dimensions.slice(1);
  // One channel may be written as a dimension of its own.
  const same = wanted.join() === found.join() || (channels === 1 && [...wanted, 1].join() === found.join());
  return same ? null : { found: `dimensions ${dimensions.join(' × ')}`, expected: `${['images', ...wanted].join(' × ')} as the task says` };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}
