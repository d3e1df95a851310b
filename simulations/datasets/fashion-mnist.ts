/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): pictures of clothes in MNIST's format and sizes, harder to tell apart.
 * Its IDX files come with Debian's package `dataset-fashion-mnist`, or lie in a folder of one's own.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { defineDataset, type DatasetSet } from './dataset.ts';
import { readIdxSet } from './idx-set.ts';

const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';
const CLASSES = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];
const PREFIX: Readonly<Record<DatasetSet, string>> = { train: 'train', test: 't10k' };

export const fashionMnistDataset = defineDataset({
  name: 'fashion-mnist',
  summary: 'pictures of clothes, 60,000 to train on and 10,000 to test (Xiao et al. 2017)',
  /** `folder` holds the four files under their own names, `train-images-idx3-ubyte` and so on, gzipped or not. */
  config: z.strictObject({ folder: z.string().min(1).default(DEBIAN_FOLDER) }),
  contract: (_config, { flat }) => ({ kind: 'image', height: 28, width: 28, channels: 1, classes: [...CLASSES], flat, scale: 1 / 255 }),
  async read({ folder }, set) {
    const [images, labels] = await Promise.all([findFile(folder, `${PREFIX[set]}-images-idx3-ubyte`), findFile(folder, `${PREFIX[set]}-labels-idx1-ubyte`)]);
    return readIdxSet({ images, labels }, { height: 28, width: 28, classes: CLASSES.length });
  },
});

/** True where the files are there, so that what needs them can be skipped. */
export async function hasFashionMnist(folder: string = DEBIAN_FOLDER): Promise<boolean> {
  return findFile(folder, 'train-images-idx3-ubyte').then(
    () => true,
    () => false,
  );
}

async function findFile(folder: string, name: string): Promise<string> {
  for (const file of [join(folder, `${name}.gz`), join(folder, name)]) {
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  throw new MurmurError('not_found', `Fashion-MNIST is not in ${folder} (${name}.gz is missing): on Debian run \`apt-get install dataset-fashion-mnist\`, elsewhere name the folder that holds its four IDX files`);
}
