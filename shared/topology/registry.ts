/** Every kind of graph, by name. A new one is one file and one line here. */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import type { RandomSource } from '../random.ts';
import { complete } from './graphs/complete.ts';
import { edgeList } from './graphs/edge-list.ts';
import { exponential } from './graphs/exponential.ts';
import { randomRegular } from './graphs/random-regular.ts';
import { ring } from './graphs/ring.ts';
import { star } from './graphs/star.ts';
import { torus } from './graphs/torus.ts';
import type { Graph, Topology } from './topology.ts';

export const TOPOLOGIES: readonly Topology[] = [ring, torus, complete, star, randomRegular, exponential, edgeList] as readonly Topology[];

/** How a task names one: `{ "name": "random-regular", "degree": 4 }`. */
export const TopologySpec = z.looseObject({ name: z.enum(TOPOLOGIES.map(({ name }) => name)) });
export type TopologySpec = z.output<typeof TopologySpec>;

/** @throws bad_config where the settings are wrong, or so many peers cannot be linked so */
export function buildGraph({ name, ...settings }: TopologySpec, peers: number, random: RandomSource): Graph {
  if (!Number.isSafeInteger(peers) || peers < 2) throw new MurmurError('bad_config', `a graph links two peers or more, not ${peers}`);
  const topology = TOPOLOGIES.find((one) => one.name === name);
  if (topology === undefined) throw new MurmurError('bad_config', `there is no topology ${JSON.stringify(name)}; there are: ${TOPOLOGIES.map((one) => one.name).join(', ')}`);
  const config = topology.config.safeParse(settings);
  if (!config.success) throw new MurmurError('bad_config', `topology ${name}: ${config.error.issues.map(({ path, message }) => `${path.join('.') || '(itself)'}: ${message}`).join('; ')}`);
  return topology.build(peers, config.data, random);
}

/** Whether peers of such a graph do not hear in a round from those whom they send to. */
export const isOneWay = (name: string): boolean => name === exponential.name;
