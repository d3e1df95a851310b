/** Every partitioner keeps the promises of `Partitioner`. */
import { expect, it } from 'vitest';
import { PARTITIONERS, type PartitionSpecInput } from '../../simulations/partitioners/registry.ts';
import { partitionerConformance } from './partitioner.ts';

const EXAMPLES: readonly PartitionSpecInput[] = [
  { name: 'iid' },
  { name: 'shards' },
  { name: 'shards', shardsPerPart: 3 },
  { name: 'dirichlet', alpha: 0.5 },
  { name: 'dirichlet', alpha: 0.01, minimum: 10 },
  { name: 'quantity', alpha: 0.5 },
  { name: 'quantity', alpha: 0.01, minimum: 10 },
  { name: 'pathological', labels: 2 },
  { name: 'natural' },
  { name: 'feature-skew', base: { name: 'iid' }, skew: { kind: 'rotation', degrees: 30 } },
  { name: 'feature-skew', base: { name: 'dirichlet', alpha: 1 }, skew: { kind: 'noise', level: 0.1 } },
];

for (const example of EXAMPLES) partitionerConformance(example);

it('leaves none out', () => {
  expect(PARTITIONERS.map(({ name }) => name).filter((name) => EXAMPLES.every((example) => example.name !== name))).toEqual([]);
});
