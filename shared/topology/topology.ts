/** Who averages with whom, round by round. Peers are numbered from 0. */
import type { z } from 'zod';
import type { RandomSource } from '../random.ts';

/** Links of one round: for each peer those that it sends to, by growing number, without itself and without repeats. */
export type Links = readonly (readonly number[])[];

export interface Graph {
  readonly peers: number;
  /** One set of links for each round, again from the first after the last. */
  readonly rounds: readonly Links[];
  /** False: who sends to a peer hears from it in the same round. */
  readonly directed: boolean;
}

/** A kind of graph: one file each, registered in `registry.ts`. */
export interface Topology<Config = unknown> {
  readonly name: string;
  readonly config: z.ZodType<Config>;
  /**
   * @param random for those that are drawn
   * @throws bad_config where so many peers cannot be linked in this way
   */
  build(peers: number, config: Config, random: RandomSource): Graph;
}

export const linksAt = ({ rounds }: Graph, round: number): Links => rounds[round % rounds.length];

/** Those who send to each peer, by growing number. */
export function sendersIn(links: Links): Links {
  const senders: number[][] = links.map(() => []);
  links.forEach((to, from) => to.forEach((peer) => senders[peer].push(from)));
  return senders;
}

/** Links in both directions between the two of each pair. */
export function linksBetween(peers: number, pairs: Iterable<readonly [number, number]>): Links {
  const links = Array.from({ length: peers }, () => new Set<number>());
  for (const [a, b] of pairs) {
    if (a === b) continue;
    links[a].add(b);
    links[b].add(a);
  }
  return links.map((to) => [...to].sort((a, b) => a - b));
}

/** Whether news from every peer comes to every other one, over the rounds of one period taken together. */
export function isConnected({ peers, rounds, directed }: Graph): boolean {
  const together = Array.from({ length: peers }, (_, peer) => new Set(rounds.flatMap((links) => links[peer])));
  const reachesAll = (from: readonly ReadonlySet<number>[]): boolean => {
    const seen = new Set([0]);
    // A set that grows while one goes through it hands out what was added, too.
    for (const peer of seen) for (const next of from[peer]) seen.add(next);
    return seen.size === peers;
  };
  if (!reachesAll(together)) return false;
  return !directed || reachesAll(sendersIn(together.map((to) => [...to])).map((from) => new Set(from)));
}
