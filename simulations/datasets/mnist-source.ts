/** `mnist:PART/PARTS?alpha=0.5&seed=1`: one part of MNIST's training set as an edge's own data, for demos. */
import type { DatasetSource } from '../../client/datasets/dataset-source.ts';
import type { DatasetScheme } from '../../client/datasets/node/open-source.ts';
import { requireImages } from '../../client/datasets/images.ts';
import { toDataset } from '../../client/datasets/split.ts';
import { MurmurError } from '../../shared/errors.ts';
import { dirichletPartition } from '../partitioners/dirichlet.ts';
import { iidPartition } from '../partitioners/iid.ts';
import { mnistContract, mnistExamples, mnistLabels } from './mnist.ts';

export interface MnistPart {
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  /** Dirichlet over labels; null deals out evenly (IID). */
  readonly alpha: number | null;
  readonly seed: number;
}

/** To be handed to `openDatasetSource` by whoever knows both. */
export const mnistScheme: DatasetScheme = { usage: 'mnist:PART/PARTS?alpha=0.5&seed=1', open: (rest, name) => mnistPartSource(parseMnistPart(rest), name) };

/** What follows `mnist:`. alpha 0.5 and seed 1 unless said otherwise; `alpha=iid` deals out evenly. @throws bad_usage. */
export function parseMnistPart(rest: string): MnistPart {
  const match = /^(\d+)\/(\d+)(?:\?(.*))?$/.exec(rest);
  if (!match) throw new MurmurError('bad_usage', `mnist:${rest} is not understood; it is written ${mnistScheme.usage}`);
  const [part, parts] = [Number(match[1]), Number(match[2])];
  if (parts < 1 || part < 1 || part > parts) throw new MurmurError('bad_usage', `mnist:${rest}: part ${part} of ${parts}; parts are counted from 1`);
  const settings = new URLSearchParams(match[3] ?? '');
  for (const key of settings.keys()) if (key !== 'alpha' && key !== 'seed') throw new MurmurError('bad_usage', `mnist:${rest}: ${JSON.stringify(key)} is no setting; alpha and seed are`);
  const alphaText = settings.get('alpha') ?? '0.5';
  const alpha = alphaText === 'iid' ? null : Number(alphaText);
  if (alpha !== null && !(alpha > 0 && Number.isFinite(alpha))) throw new MurmurError('bad_usage', `mnist:${rest}: alpha is ${JSON.stringify(alphaText)}; a positive number or iid is needed`);
  const seed = Number(settings.get('seed') ?? '1');
  if (!Number.isSafeInteger(seed)) throw new MurmurError('bad_usage', `mnist:${rest}: seed is ${JSON.stringify(settings.get('seed'))}; an integer is needed`);
  return { part, parts, alpha, seed };
}

/** All parts of one (parts, alpha, seed) are disjoint and make up the whole training set. */
export function mnistPartSource(which: MnistPart, name = nameOf(which)): DatasetSource {
  return {
    name,
    async load(contract) {
      const wanted = requireImages(name, contract);
      const own = mnistContract({ flat: wanted.flat });
      if (wanted.height !== own.height || wanted.width !== own.width || wanted.channels !== own.channels || wanted.classes.join() !== own.classes.join()) {
        throw new MurmurError('bad_dataset', `${name} holds images of 28 × 28 × 1 of the classes 0 to 9, the task wants ${wanted.height} × ${wanted.width} × ${wanted.channels} of ${wanted.classes.join(', ')}`);
      }
      const { part, parts, alpha, seed } = which;
      const labels = await mnistLabels('train');
      const partition = alpha === null ? iidPartition(labels.length, { parts, seed }) : dirichletPartition(labels, { parts, alpha, seed });
      return toDataset(await mnistExamples('train', wanted, partition[part - 1]), wanted, name);
    },
  };
}

function nameOf({ part, parts, alpha, seed }: MnistPart): string {
  return `mnist:${part}/${parts}?alpha=${alpha ?? 'iid'}&seed=${seed}`;
}
