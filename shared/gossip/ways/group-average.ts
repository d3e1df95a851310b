/**
 * Exact averaging in groups, as in Moshpit SGD (Ryabinin, Gorbunov, Plokhotnyuk, Pekhimenko 2021, "Moshpit SGD:
 * Communication-Efficient Decentralized Training on Heterogeneous Unreliable Devices"): peers stand in a grid of d dimensions by
 * their place among all that are known, each round averages along one of them, and after d rounds N = side^d peers hold the mean
 * of all. Peers that fit into one group are one, and each round averages them all.
 */
import { z } from 'zod';
import { MOST_MEMBERS } from '../group-frames.ts';
import type { GroupWay } from '../way.ts';

const Config = z.strictObject({
  /** Most members of a group. */
  groupSize: z.int().min(2).max(MOST_MEMBERS).default(8),
  /** `butterfly`: two hops, every member talks to every other one; `ring`: 2 (N − 1) hops, each talks to the next one alone. */
  reduce: z.enum(['butterfly', 'ring']).default('butterfly'),
  /** `examples`: who learned from more of them weighs more, as in FedAvg; `uniform`: all weigh the same, and only then d rounds give the mean of all. */
  weights: z.enum(['examples', 'uniform']).default('examples'),
  /** Slices travel in pieces of so many values: what has come whole goes on while the rest still comes. */
  pieceValues: z.int().min(1).max(16 << 20).default(65_536),
});
type Config = z.output<typeof Config>;

export const groupAverage: GroupWay<Config> = {
  kind: 'group',
  name: 'group-average',
  summary: 'Small groups come to their exact mean, others each round, so that it is soon that of all (Moshpit SGD, Ryabinin et al. 2021)',
  config: Config,
  group(members, self, round, { groupSize }) {
    const { side, dimensions } = gridFor(members.length, groupSize);
    const place = members.indexOf(self);
    // Peers whose places differ in this round's digit alone.
    const step = side ** (round % dimensions);
    const digit = Math.floor(place / step) % side;
    const first = place - digit * step;
    return Array.from({ length: side }, (_, i) => first + i * step).filter((at) => at < members.length).map((at) => members[at]);
  },
  plan: ({ reduce, weights, pieceValues }) => ({ reduce, weights, pieceValues }),
};

/** The fewest dimensions in which no group is too large, and the shortest side that still gives everyone a place: groups of about the same size. */
export function gridFor(peers: number, groupSize: number): { readonly side: number; readonly dimensions: number } {
  let dimensions = 1;
  while (groupSize ** dimensions < peers) dimensions++;
  let side = 1;
  while (side ** dimensions < peers) side++;
  return { side, dimensions };
}
