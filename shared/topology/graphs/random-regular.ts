import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import type { RandomSource } from '../../random.ts';
import { isConnected, linksBetween, type Graph, type Topology } from '../topology.ts';

const Config = z.strictObject({
  /** Neighbours of each peer. */
  degree: z.int().min(1).default(4),
});

/** Draws after which the numbers themselves are at fault: of graphs of degree three or more nearly all are connected, and most draws come to their end. */
const ATTEMPTS = 1000;

/**
 * Drawn nearly uniformly among the connected graphs in which each peer has `degree` neighbours (Steger, Wormald 1999: pairs of
 * free ends, skipping those that would make a loop or a second link). With high probability an expander: agreement takes log n rounds.
 */
export const randomRegular: Topology<z.output<typeof Config>> = {
  name: 'random-regular',
  config: Config,
  build(peers, { degree }, random) {
    if (degree >= peers || (degree * peers) % 2 === 1) throw new MurmurError('bad_config', `no graph has ${peers} peers with ${degree} neighbours each: fewer than ${peers} are needed, and an even number of ends`);
    if (degree === 1 && peers > 2) throw new MurmurError('bad_config', 'with one neighbour each, pairs never hear of each other; take two or more');
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const pairs = drawPairs(peers, degree, random.fork(`attempt ${attempt}`));
      if (pairs === null) continue;
      const graph: Graph = { peers, directed: false, rounds: [linksBetween(peers, pairs)] };
      if (isConnected(graph)) return graph;
    }
    throw new MurmurError('bad_config', `${ATTEMPTS} draws gave no connected graph of ${peers} peers with ${degree} neighbours each; take more neighbours`);
  },
};

/** null where it comes to ends of which no two may be linked. */
function drawPairs(peers: number, degree: number, random: RandomSource): [number, number][] | null {
  const ends = Array.from({ length: peers * degree }, (_, end) => Math.floor(end / degree));
  const linked = new Set<number>();
  const keyOf = (a: number, b: number): number => Math.min(a, b) * peers + Math.max(a, b);
  const pairs: [number, number][] = [];
  const take = (at: number): number => {
    const peer = ends[at];
    ends[at] = ends[ends.length - 1];
    ends.pop();
    return peer;
  };
  while (ends.length > 0) {
    let found = false;
    // Enough that a pair that may be linked is hardly ever overlooked.
    for (let draw = 0; draw < 50 + ends.length && !found; draw++) {
      const [i, j] = [random.int(ends.length), random.int(ends.length)];
      const [a, b] = [ends[i], ends[j]];
      if (a === b || linked.has(keyOf(a, b))) continue;
      linked.add(keyOf(a, b));
      pairs.push([a, b]);
      take(Math.max(i, j));
      take(Math.min(i, j));
      found = true;
    }
    if (!found) return null;
  }
  return pairs;
}
