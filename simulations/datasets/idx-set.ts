/** Sets of images in a pair of IDX files, plain or gzipped, read whole. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseIdx, type IdxArray } from '../../client/datasets/idx.ts';
import { MurmurError } from '../../shared/errors.ts';
import { sharedBytes, sharedInts, type WholeSet } from './dataset.ts';

export interface IdxFiles {
  readonly images: string;
  readonly labels: string;
}

/** @throws bad_dataset for files that are damaged or do not belong together. */
export async function readIdxSet(files: IdxFiles, options: { readonly height: number; readonly width: number; readonly classes: number }): Promise<WholeSet> {
  const { height, width, classes } = options;
  const [image, label] = await Promise.all([readIdx(files.images), readIdx(files.labels)]);
  const [size] = label.dimensions;
  if (image.dimensions.join() !== [size, height, width].join() || label.dimensions.length !== 1) {
    throw new MurmurError('bad_dataset', `${files.images} holds ${image.dimensions.join(' × ')} values and ${files.labels} ${label.dimensions.join(' × ')}; as many images of ${height} × ${width} as labels are needed`);
  }
  const wrong = label.values.findIndex((value) => value >= classes);
  if (wrong >= 0) throw new MurmurError('bad_dataset', `${files.labels}: label ${label.values[wrong]} for image ${wrong}; there are ${classes} classes`);
  const inputs = sharedBytes(image.values.length);
  inputs.set(image.values);
  const labels = sharedInts(size);
  labels.set(label.values);
  return { size, inputs, labels, owners: null };
}

async function readIdx(file: string): Promise<IdxArray> {
  const bytes = await readFile(file);
  try {
    return parseIdx(file, file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes);
  } catch (cause) {
    if (cause instanceof MurmurError) throw cause;
    throw new MurmurError('bad_dataset', `${file} cannot be unpacked: it may be cut off or damaged`, { cause });
  }
}
