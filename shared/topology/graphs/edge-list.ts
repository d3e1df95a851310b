import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import { isConnected, linksBetween, type Graph, type Topology } from '../topology.ts';

const Config = z.strictObject({
  /** Pairs of peers. */
  edges: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])).min(1),
});

/** Links that are given one by one. */
export const edgeList: Topology<z.output<typeof Config>> = {
  name: 'edges',
  config: Config,
  build(peers, { edges }) {
    const wrong = edges.findIndex(([a, b]) => a === b || a >= peers || b >= peers);
    if (wrong >= 0) throw new MurmurError('bad_config', `edges.${wrong}: [${edges[wrong].join(', ')}] links no two of the ${peers} peers, 0 to ${peers - 1}`);
    const graph: Graph = { peers, directed: false, rounds: [linksBetween(peers, edges)] };
    if (!isConnected(graph)) throw new MurmurError('bad_config', 'edges: the graph falls apart: some peers would never hear of others');
    return graph;
  },
};
