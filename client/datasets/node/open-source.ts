/** What `--dataset` understands: `csv:FILE`, `idx:IMAGES,LABELS`, `images:FOLDER`, and the schemes that the caller adds. */
import { MurmurError } from '../../../shared/errors.ts';
import { csvDataset, csvTable } from '../csv-dataset.ts';
import type { DatasetSource } from '../dataset-source.ts';
import { idxDataset } from '../idx.ts';
import { requireImages } from '../images.ts';
import { readDatasetFile } from './read-file.ts';

/** One scheme: how it is written, and what opens it. `rest` is what follows the colon. */
export interface DatasetScheme {
  readonly usage: string;
  open(rest: string, name: string): DatasetSource;
}

const csv: DatasetScheme = {
  usage: 'csv:FILE',
  open: (file, name) => ({
    name,
    load: async (contract) => csvDataset(file, await readDatasetFile(file), contract),
    loadColumns: async (contract) => csvTable(file, await readDatasetFile(file), contract),
  }),
};

const idx: DatasetScheme = {
  usage: 'idx:IMAGES,LABELS',
  open(files, name) {
    const [images, labels, ...more] = files.split(',').map((file) => file.trim());
    if (!images || !labels || more.length > 0) throw new MurmurError('bad_usage', `${name}: two files are needed, as in idx:train-images-idx3-ubyte.gz,train-labels-idx1-ubyte.gz`);
    return {
      name,
      async load(contract) {
        const wanted = requireImages(name, contract);
        return idxDataset({ name: images, bytes: await readDatasetFile(images) }, { name: labels, bytes: await readDatasetFile(labels) }, wanted);
      },
    };
  },
};

const images: DatasetScheme = {
  usage: 'images:FOLDER',
  open: (folder, name) => ({
    name,
    async load(contract) {
      const wanted = requireImages(name, contract);
      // Only here: an edge that reads no image should not load sharp's native libraries.
      const { loadImageFolder } = await import('./image-folder.ts');
      return loadImageFolder(folder, wanted);
    },
  }),
};

const builtIn: Readonly<Record<string, DatasetScheme>> = { csv, idx, images };

/**
 * Nothing is read before `load`; paths are taken from the working directory.
 * @throws bad_usage for an unknown scheme, listing the known ones, and where nothing follows the colon.
 */
export function openDatasetSource(text: string, extra: Readonly<Record<string, DatasetScheme>> = {}): DatasetSource {
  const schemes: Readonly<Record<string, DatasetScheme>> = { ...builtIn, ...extra };
  const usages = Object.values(schemes).map(({ usage }) => usage).join(', ');
  const colon = text.indexOf(':');
  const scheme = colon > 0 && Object.hasOwn(schemes, text.slice(0, colon)) ? schemes[text.slice(0, colon)] : null;
  if (!scheme) throw new MurmurError('bad_usage', `${JSON.stringify(text)} is no dataset; what is understood: ${usages}`);
  const rest = text.slice(colon + 1);
  if (rest.trim() === '') throw new MurmurError('bad_usage', `${JSON.stringify(text)} names nothing after the colon; it is written ${scheme.usage}`);
  return scheme.open(rest, text);
}
