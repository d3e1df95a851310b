/** Every dataset keeps the promises of `SimulationDataset`. */
import { describe, expect, it } from 'vitest';
import { hasFashionMnist } from '../../simulations/datasets/fashion-mnist.ts';
import { DATASETS, type DatasetSpecInput } from '../../simulations/datasets/registry.ts';
import { simulationDatasetConformance } from './simulation-dataset.ts';

const EXAMPLES: readonly (readonly [DatasetSpecInput, { train: number; test: number }])[] = [
  [{ name: 'mnist' }, { train: 60_000, test: 10_000 }],
  [{ name: 'synthetic', owners: 12, examplesPerOwner: 100 }, { train: 1_080, test: 120 }],
  [{ name: 'blobs', owners: 7, examplesPerOwner: 10, testExamples: 30 }, { train: 70, test: 30 }],
];

for (const [example, sizes] of EXAMPLES) simulationDatasetConformance(example, sizes);

if (await hasFashionMnist()) {
  simulationDatasetConformance({ name: 'fashion-mnist' }, { train: 60_000, test: 10_000 });
} else {
  console.warn('Fashion-MNIST is not installed: its tests are skipped. On Debian: apt-get install dataset-fashion-mnist');
  describe.skip('dataset {"name":"fashion-mnist"}: apt-get install dataset-fashion-mnist', () => it('keeps the promises', () => undefined));
}

it('leaves none out', () => {
  expect(DATASETS.map(({ name }) => name).sort()).toEqual(['fashion-mnist', ...EXAMPLES.map(([{ name }]) => name)].sort());
});
