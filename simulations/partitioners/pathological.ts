/**
 * A fixed number of labels a client: McMahan et al. 2017 ask for it by shards, Li, Diao, Chen and He, "Federated learning
 * on non-IID data silos", 2022, by labels (#C = k), as here: each client holds exactly `labels` of them, and a label's
 * examples are dealt out evenly among the clients that hold it.
 */
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { createRandom, shuffle } from '../../shared/random.ts';
import { requireParts, type Partition } from './partition.ts';
import { definePartitioner } from './partitioner.ts';

export interface PathologicalOptions {
  readonly parts: number;
  /** Labels a client. */
  readonly labels: number;
  readonly seed: number;
}

/**
 * A client takes the labels that have been taken least often, ties drawn: so every label is taken equally often, but for
 * one, and none is left out. Labels without an example are none here.
 * @throws bad_config for more labels a client than there are, for too few clients to hold them all, and for a label with fewer examples than clients that take it.
 */
export function pathologicalPartition(labels: ArrayLike<number>, options: PathologicalOptions): Partition {
  const { parts, labels: each, seed } = options;
  requireParts(labels.length, parts, 1);
  const byLabel = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const indices = byLabel.get(labels[i]);
    if (indices) indices.push(i);
    else byLabel.set(labels[i], [i]);
  }
  if (each > byLabel.size) throw new MurmurError('bad_config', `${each} labels a client; the examples have ${byLabel.size}`);
  if (parts * each < byLabel.size) throw new MurmurError('bad_config', `${parts} clients with ${each} labels each leave out some of the ${byLabel.size}: take more clients or more labels`);
  const random = createRandom(seed);
  const takers = new Map([...byLabel.keys()].sort((a, b) => a - b).map((label) => [label, [] as number[]]));
  const draw = random.fork('labels');
  for (let part = 0; part < parts; part++) {
    // Sorting is stable: among labels taken equally often, the shuffled order decides.
    const order = shuffle([...takers.values()], draw).sort((a, b) => a.length - b.length);
    for (const taker of order.slice(0, each)) taker.push(part);
  }
  const dealt: number[][] = Array.from({ length: parts }, () => []);
  for (const [label, clients] of takers) {
    const indices = shuffle(byLabel.get(label) ?? [], random.fork(`label ${label}`));
    if (indices.length < clients.length) throw new MurmurError('bad_config', `label ${label} has ${indices.length} examples for ${clients.length} clients: take fewer clients or fewer labels`);
    clients.forEach((client, i) => {
      const to = Math.floor(((i + 1) * indices.length) / clients.length);
      for (let at = Math.floor((i * indices.length) / clients.length); at < to; at++) dealt[client].push(indices[at]);
    });
  }
  return dealt.map((part) => Int32Array.from(part).sort());
}

export const pathologicalPartitioner = definePartitioner({
  name: 'pathological',
  summary: 'a fixed number of labels a client, each label shared evenly by those that hold it',
  config: z.strictObject({ labels: z.int().positive() }),
  partition: ({ labels }, config, options) => ({ parts: pathologicalPartition(labels, { ...options, labels: config.labels }) }),
});
