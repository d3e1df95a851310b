/** By natural id: what belongs to one owner stays with one client, as LEAF has it (Caldas et al., "LEAF: a benchmark for federated settings", 2018). */
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { requireParts, type Partition } from './partition.ts';
import { definePartitioner } from './partitioner.ts';

/**
 * As many parts as owners: part k is the k-th owner in order of id, whatever the seed. Fewer: the owners are shuffled and
 * dealt out, so that numbers of owners differ by one at most.
 * @throws bad_config for more parts than owners.
 */
export function naturalPartition(owners: ArrayLike<number>, options: { readonly parts: number; readonly seed: number }): Partition {
  const { parts, seed } = options;
  requireParts(owners.length, parts, 1);
  const byOwner = new Map<number, number[]>();
  for (let i = 0; i < owners.length; i++) {
    const indices = byOwner.get(owners[i]);
    if (indices) indices.push(i);
    else byOwner.set(owners[i], [i]);
  }
  const ids = [...byOwner.keys()].sort((a, b) => a - b);
  if (parts > ids.length) throw new MurmurError('bad_config', `${parts} parts, but the examples have ${ids.length} owners, and an owner's examples stay together: take ${ids.length} parts at most`);
  const dealt = parts === ids.length ? ids : shuffle(ids, createRandom(seed));
  return Array.from({ length: parts }, (_, part) => {
    const mine = dealt.slice(Math.floor((part * dealt.length) / parts), Math.floor(((part + 1) * dealt.length) / parts));
    return Int32Array.from(mine.flatMap((owner) => byOwner.get(owner) ?? [])).sort();
  });
}

export const naturalPartitioner = definePartitioner({
  name: 'natural',
  summary: "by the examples' owners: an owner's examples stay together",
  config: z.strictObject({}),
  partition({ owners }, _config, options) {
    if (!owners) throw new MurmurError('bad_config', 'the dataset does not say whose an example is: take another partitioner, or a dataset with natural owners (synthetic, blobs)');
    return { parts: naturalPartition(owners, options) };
  },
});
