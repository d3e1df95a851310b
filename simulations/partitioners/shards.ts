/** The FedAvg paper's pathological non-IID partition (McMahan et al. 2017): sorted by label, cut in shards, two a client. */
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { requireParts, type Partition } from './partition.ts';
import { definePartitioner } from './partitioner.ts';

export interface ShardOptions {
  readonly parts: number;
  /** Shards a client; the paper's 2 unless said otherwise: 100 clients then share 200 shards of 300. */
  readonly shardsPerPart?: number;
  readonly seed: number;
}

/** Shard sizes differ by one at most. @throws bad_config for fewer examples than shards. */
export function shardPartition(labels: ArrayLike<number>, options: ShardOptions): Partition {
  const { parts, shardsPerPart = 2, seed } = options;
  if (!Number.isSafeInteger(shardsPerPart) || shardsPerPart < 1) throw new MurmurError('bad_config', `${shardsPerPart} shards a part; a positive integer is needed`);
  const size = labels.length;
  requireParts(size, parts, shardsPerPart);
  // Array.prototype.sort is stable: examples of one label keep their order.
  const sorted = Int32Array.from(Array.from({ length: size }, (_, i) => i).sort((a, b) => labels[a] - labels[b]));
  const shards = parts * shardsPerPart;
  const dealt = shuffle(Int32Array.from({ length: shards }, (_, i) => i), createRandom(seed));
  return Array.from({ length: parts }, (_, part) => {
    const mine = dealt.subarray(part * shardsPerPart, (part + 1) * shardsPerPart);
    const indices = Array.from(mine, (shard) => [...sorted.subarray(Math.floor((shard * size) / shards), Math.floor(((shard + 1) * size) / shards))]);
    return Int32Array.from(indices.flat()).sort();
  });
}

export const shardsPartitioner = definePartitioner({
  name: 'shards',
  summary: 'sorted by label, cut in shards of equal size, a few a client',
  config: z.strictObject({ shardsPerPart: z.int().positive().default(2) }),
  partition: ({ labels }, { shardsPerPart }, options) => ({ parts: shardPartition(labels, { ...options, shardsPerPart }) }),
});
