/** Every partitioner, by name. A new one is one file and one line here. */
import type { z } from 'zod';
import { findNamed, specSchema } from '../named-settings.ts';
import { dirichletPartitioner } from './dirichlet.ts';
import { featureSkewOver } from './feature-skew.ts';
import { iidPartitioner } from './iid.ts';
import { naturalPartitioner } from './natural.ts';
import { checkInput, type Partitioner, type PartitionInput, type PartitionOptions, type PartitionPlan } from './partitioner.ts';
import { pathologicalPartitioner } from './pathological.ts';
import { quantityPartitioner } from './quantity.ts';
import { shardsPartitioner } from './shards.ts';

/** Those that deal examples out. */
const DEALERS = [
  iidPartitioner,
  shardsPartitioner,
  dirichletPartitioner,
  quantityPartitioner,
  pathologicalPartitioner,
  naturalPartitioner,
] as const;

const ALL = [
  ...DEALERS,
  featureSkewOver(DEALERS),
] as const;

export const PARTITIONERS: readonly Partitioner[] = ALL;

/** How a scenario names a partition: `{ name: 'dirichlet', alpha: 0.5 }`. Without the number of clients and the seed, which are the scenario's. */
export const PartitionSpec = specSchema(ALL);
export type PartitionSpec = z.output<typeof PartitionSpec>;
export type PartitionSpecInput = z.input<typeof PartitionSpec>;

/**
 * Deals the examples out to `parts` clients as the spec says.
 * @throws bad_config where they, or what is known of them, do not suffice.
 */
export function partitionBy(spec: PartitionSpec, input: PartitionInput, options: PartitionOptions): PartitionPlan {
  checkInput(input);
  const { name, ...config } = spec;
  return findNamed('partitioner', PARTITIONERS, name).partition(input, config, options);
}
