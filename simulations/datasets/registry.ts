/** Every dataset that simulations can train on, by name. A new one is one file and one line here. */
import type { z } from 'zod';
import { findNamed, specSchema } from '../named-settings.ts';
import { blobsDataset } from './blobs.ts';
import { openKind, type DatasetKind, type DatasetSet, type SimulationDataset, type WholeSet } from './dataset.ts';
import { fashionMnistDataset } from './fashion-mnist.ts';
import { mnistDataset } from './mnist-dataset.ts';
import { syntheticDataset } from './synthetic.ts';

const ALL = [
  mnistDataset,
  fashionMnistDataset,
  syntheticDataset,
  blobsDataset,
] as const;

export const DATASETS: readonly DatasetKind[] = ALL;

/** How a scenario names a dataset, plain data: `{ name: 'synthetic', alpha: 0.5, beta: 0.5 }`. */
export const DatasetSpec = specSchema(ALL);
export type DatasetSpec = z.output<typeof DatasetSpec>;
export type DatasetSpecInput = z.input<typeof DatasetSpec>;

/**
 * The same spec opens the same dataset in every thread. Nothing is read before it is asked for.
 * @param handed sets that another thread has loaded of the same spec: they are not read again.
 */
export function openDataset(spec: DatasetSpec, handed: Partial<Record<DatasetSet, WholeSet>> = {}): SimulationDataset {
  const { name, ...config } = spec;
  return openKind(findNamed('dataset', DATASETS, name), config, handed);
}
