/** What a partitioner is: it deals a dataset's examples out to clients. One file each; every sibling passes test/conformance/partitioner.ts. */
import type { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import type { Named } from '../named-settings.ts';
import type { Partition } from './partition.ts';
import type { ExampleTransform } from './transform.ts';

/** What is known of the examples that are dealt out, plain data. */
export interface PartitionInput {
  readonly size: number;
  /** Class index of each example, in [0, classes). */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** Natural id of each example (who wrote it, whose device it was); absent or null where the dataset knows none. */
  readonly owners?: ArrayLike<number> | null;
}

/** Plain data: a worker thread can be handed it. */
export interface PartitionPlan {
  /** Indices of each client's examples, ascending. */
  readonly parts: Partition;
  /** What is done to each client's examples (`applyTransform`); absent: nothing to anybody's. */
  readonly transforms?: readonly (ExampleTransform | null)[];
}

export interface PartitionOptions {
  /** Clients. */
  readonly parts: number;
  readonly seed: number;
}

export interface Partitioner<Name extends string = string, Config extends z.ZodObject = z.ZodObject> extends Named<Name, Config> {
  /** One line, for people. */
  readonly summary: string;
  /**
   * The same input, settings and options give the same plan; every example stands in exactly one part.
   * @throws bad_config where the examples, or what is known of them, do not suffice.
   */
  partition(input: PartitionInput, config: z.output<Config>, options: PartitionOptions): PartitionPlan;
}

/** Says nothing more than its argument does, but has TypeScript work out name and settings. */
export function definePartitioner<const Name extends string, Config extends z.ZodObject>(partitioner: Partitioner<Name, Config>): Partitioner<Name, Config> {
  return partitioner;
}

/** @throws bad_config for labels that are not one class index an example, and for owners that are not one an example. */
export function checkInput({ size, labels, classes, owners }: PartitionInput): void {
  if (labels.length !== size) throw new MurmurError('bad_config', `${size} examples have ${labels.length} labels; one each is needed`);
  if (owners && owners.length !== size) throw new MurmurError('bad_config', `${size} examples have ${owners.length} owners; one each is needed`);
  for (let i = 0; i < size; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes)) throw new MurmurError('bad_config', `example ${i} has the label ${labels[i]}; a class index from 0 to ${classes - 1} is needed`);
  }
}
