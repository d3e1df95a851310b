/** A folder of images, one sub-folder a class: decoded and resized to the contract by sharp. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { MurmurError } from '../../../shared/errors.ts';
import type { Dataset } from '../../../shared/model/examples.ts';
import type { ImageContract } from '../../../shared/task/data-contract.ts';
import { classIndex, imageDataset, OTHER_IMAGE, READABLE_IMAGE, writePixels } from '../images.ts';
import { badDataset, createProblems, listed, quoted, type DatasetProblems } from '../problems.ts';
import { whyUnreadable } from './read-file.ts';

/** sharp decodes on libuv's four threads: more at once would only wait in memory. */
const AT_ONCE = 4;

interface ImageFile {
  readonly path: string;
  readonly label: number;
}

/**
 * Images are stretched to the contract's height and width, turned as their EXIF says, laid
 * on black where they are transparent. Order: by class folder, then by file name.
 * A class may have no folder: an edge need not hold all of them.
 * @throws bad_dataset naming the folders that are no class and the images that cannot be read.
 */
export async function loadImageFolder(folder: string, contract: ImageContract): Promise<Dataset> {
  const problems = createProblems(folder);
  const files = await listImages(folder, contract, problems);
  problems.throwIfAny();
  if (files.length === 0) throw badDataset(folder, { found: 'no image', expected: `PNG, JPEG or WebP files in sub-folders named ${listed(contract.classes)}` });
  const size = contract.height * contract.width * contract.channels;
  const pixels = new Uint8Array(files.length * size);
  let next = 0;
  const decodeSome = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      try {
        writePixels(await decode(files[i].path, contract), 3, contract.channels, pixels, i * size);
      } catch (error) {
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
        problems.add({ file: files[i].path, found: `a file that cannot be decoded (${reason})`, expected: 'a PNG, JPEG or WebP image' });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, decodeSome));
  problems.throwIfAny();
  return imageDataset(pixels, Int32Array.from(files, ({ label }) => label), contract, `images:${folder}`);
}

async function listImages(folder: string, contract: ImageContract, problems: DatasetProblems): Promise<ImageFile[]> {
  const files: ImageFile[] = [];
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) {
      if (READABLE_IMAGE.test(entry.name)) problems.add({ file: path, found: 'an image outside the class folders', expected: `it in a sub-folder named after its class, one of ${listed(contract.classes)}` });
      continue;
    }
    const label = classIndex(contract.classes, entry.name);
    if (label < 0) {
      problems.add({ file: path, found: `a folder ${quoted(entry.name)}`, expected: `the name of a class, one of ${listed(contract.classes)}` });
      continue;
    }
    for (const image of await entriesOf(path)) {
      const imagePath = join(path, image.name);
      if (READABLE_IMAGE.test(image.name)) files.push({ path: imagePath, label });
      else if (OTHER_IMAGE.test(image.name)) problems.add({ file: imagePath, found: 'an image of another format', expected: 'PNG, JPEG or WebP: convert it' });
    }
  }
  return files;
}

/** Hidden entries are passed over; the order is the same on every machine. */
async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new MurmurError('bad_dataset', `${folder}: ${whyUnreadable(cause)}`, { cause, details: { file: folder } });
  }
}

/** Red, green, blue; height · width · 3 bytes. */
async function decode(path: string, { height, width }: ImageContract): Promise<Uint8Array> {
  const { data, info } = await sharp(path, { failOn: 'error' })
    .rotate()
    .flatten({ background: '#000' })
    .toColourspace('srgb')
    .resize(width, height, { fit: 'fill' })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new MurmurError('bad_dataset', `${info.channels} channels after conversion to sRGB`);
  return data;
}
