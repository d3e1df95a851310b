/** The owner's files as a dataset source: what they are is told by the task's contract and their content. Runs on the page and in a worker. */
import { MurmurError } from '../../../shared/errors.ts';
import type { Dataset } from '../../../shared/model/examples.ts';
import type { ImageContract } from '../../../shared/task/data-contract.ts';
import { examplesAsColumns, withNothingHeldBack } from '../columns.ts';
import { csvDataset, csvTable } from '../csv-dataset.ts';
import type { DatasetSource } from '../dataset-source.ts';
import { IDX_HEADER_BYTES, idxDataset, looksLikeIdx, readIdxHeader, unzip, type NamedBytes } from '../idx.ts';
import { READABLE_IMAGE } from '../images.ts';
import type { DroppedFile } from './dropped-files.ts';
import { loadImageFiles } from './image-files.ts';

export interface FilesSourceOptions {
  /** The class of all images, chosen by the owner; without it an image's folder names its class. */
  readonly chosenClass?: string;
}

/** Nothing is read before `load`. */
export function openFilesSource(files: readonly DroppedFile[], options: FilesSourceOptions = {}): DatasetSource {
  const visible = files.filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
  const name = nameOf(visible);
  return {
    name,
    async load(contract) {
      if (visible.length === 0) throw new MurmurError('bad_dataset', 'no file was given: drop a CSV, two IDX files, or images');
      if (contract.kind === 'image') return loadImages(visible, contract, options, name);
      if (visible.length > 1) throw new MurmurError('bad_dataset', `${visible.length} files were given (${name}), the task wants one CSV`);
      const [{ path, file }] = visible;
      return csvDataset(path, await read(file), contract);
    },
    async loadColumns(contract) {
      if (contract.kind === 'image') {
        const { train, source } = await this.load(withNothingHeldBack(contract));
        return examplesAsColumns(train, contract, source);
      }
      if (visible.length !== 1) throw new MurmurError('bad_dataset', `${visible.length === 0 ? 'no file was given' : `${visible.length} files were given (${name})`}, the task wants one CSV`);
      const [{ path, file }] = visible;
      return csvTable(path, await read(file), contract);
    },
  };
}

async function loadImages(files: readonly DroppedFile[], contract: ImageContract, options: FilesSourceOptions, name: string): Promise<Dataset> {
  if (files.some(({ path }) => READABLE_IMAGE.test(path))) return loadImageFiles(files, contract, options.chosenClass, name);
  const starts = await Promise.all(files.map(async ({ file }) => looksLikeIdx(await read(file.slice(0, IDX_HEADER_BYTES)))));
  if (files.length !== 2 || !starts.every(Boolean)) {
    throw new MurmurError('bad_dataset', `${name}: the task wants images; give PNG, JPEG or WebP files in folders named after their class, or two IDX files, the images and their labels`);
  }
  const pair = await Promise.all(files.map(async ({ path, file }): Promise<NamedBytes> => ({ name: path, bytes: await unzip(path, await read(file)) })));
  // The owner need not know which comes first: labels have one dimension.
  const [images, labels] = readIdxHeader(pair[0].name, pair[0].bytes).dimensions.length === 1 ? [pair[1], pair[0]] : pair;
  return idxDataset(images, labels, contract);
}

async function read(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    const name = blob instanceof File ? blob.name : 'the file';
    throw new MurmurError('bad_dataset', `${name} cannot be read any more: it was moved or changed since it was given; give it again`, { cause });
  }
}

function nameOf(files: readonly DroppedFile[]): string {
  if (files.length <= 2) return files.map(({ path }) => path).join(', ') || 'no file';
  const folders = new Set(files.map(({ path }) => path.split('/')[0]));
  return folders.size === 1 && files[0].path.includes('/') ? `${[...folders][0]} (${files.length} files)` : `${files.length} files`;
}
