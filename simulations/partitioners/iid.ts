/** The FedAvg paper's IID partition (McMahan et al. 2017): shuffled, dealt out evenly. */
import { z } from 'zod';
import { createRandom, shuffle } from '../../shared/random.ts';
import { requireParts, type Partition } from './partition.ts';
import { definePartitioner } from './partitioner.ts';

/** Sizes differ by one at most. @throws bad_config for fewer examples than parts. */
export function iidPartition(size: number, options: { readonly parts: number; readonly seed: number }): Partition {
  const { parts, seed } = options;
  requireParts(size, parts, 1);
  const order = shuffle(Int32Array.from({ length: size }, (_, i) => i), createRandom(seed));
  return Array.from({ length: parts }, (_, part) => order.slice(Math.floor((part * size) / parts), Math.floor(((part + 1) * size) / parts)).sort());
}

export const iidPartitioner = definePartitioner({
  name: 'iid',
  summary: 'shuffled, dealt out evenly',
  config: z.strictObject({}),
  partition: ({ size }, _config, options) => ({ parts: iidPartition(size, options) }),
});
