/**
 * Draws the pictures of docs/partitions.md: what each partitioner makes of MNIST. The same every time.
 *
 *     node scripts/partitions.mjs [--out FOLDER]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUpOrExit } from './setup.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SEED = 1;

/** Name of the file → what it shows. */
const PICTURES = {
  iid: { title: 'IID', spec: { name: 'iid' } },
  shards: { title: 'shards, two a client', spec: { name: 'shards' } },
  dirichlet: { title: 'Dirichlet over labels, alpha 0.5', spec: { name: 'dirichlet', alpha: 0.5 } },
  'dirichlet-1000': { title: 'Dirichlet over labels, alpha 0.1', spec: { name: 'dirichlet', alpha: 0.1 }, parts: 1_000 },
  quantity: { title: 'Dirichlet over quantity, alpha 1', spec: { name: 'quantity', alpha: 1 } },
  pathological: { title: 'pathological, two labels a client', spec: { name: 'pathological', labels: 2 } },
  natural: { title: 'natural id, synthetic(1, 1) with 100 owners', dataset: { name: 'synthetic', owners: 100 }, spec: { name: 'natural' } },
  rotation: { title: 'feature skew over IID, rotation by up to 45°', spec: { name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'rotation', degrees: 45 } } },
  noise: { title: 'feature skew over Dirichlet 0.5, noise of level 0.1', spec: { name: 'feature-skew', base: { name: 'dirichlet', alpha: 0.5 }, skew: { kind: 'noise', level: 0.1 } } },
};

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'docs/images/partitions') } } });

await setUpOrExit();
const { DatasetSpec, openDataset } = await import('../dist/simulations/datasets/registry.js');
const { partitionInputOf } = await import('../dist/simulations/datasets/load-part.js');
const { partitionBy, PartitionSpec } = await import('../dist/simulations/partitioners/registry.js');
const { drawPartition } = await import('../dist/simulations/partitioners/draw.js');

await mkdir(values.out, { recursive: true });
const mnist = await partitionInputOf(openDataset(DatasetSpec.parse({ name: 'mnist' })));
for (const [name, { title, spec, dataset, parts = 100 }] of Object.entries(PICTURES)) {
  const input = dataset === undefined ? mnist : await partitionInputOf(openDataset(DatasetSpec.parse(dataset)));
  const svg = drawPartition(input, partitionBy(PartitionSpec.parse(spec), input, { parts, seed: SEED }), { title: `${title} (seed ${SEED})` });
  const path = join(values.out, `${name}.svg`);
  await writeFile(path, svg);
  console.log(`${path}  ${Math.round(svg.length / 1000)} kB`);
}
