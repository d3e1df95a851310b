/**
 * Links of a graph of `shared/topology` over the peers of a live swarm: numbered by growing id, and drawn by a seed that all
 * share. Peers that know the same names have the same graph, without a word about it.
 */
import { isMurmurError } from '../../shared/errors.ts';
import type { GossipLinks } from '../../shared/gossip/way.ts';
import type { Digest, EdgeId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { buildGraph, type TopologySpec } from '../../shared/topology/registry.ts';
import { sendersIn } from '../../shared/topology/topology.ts';

export interface GraphLinks {
  /** By round of the graph's period; null where so many peers cannot be linked in this way. */
  of(members: readonly EdgeId[]): readonly GossipLinks[] | null;
}

/** @param seed the swarm's digest: of random graphs all peers draw the same */
export function createGraphLinks(self: EdgeId, topology: TopologySpec, swarm: Digest): GraphLinks {
  const random = createRandom(Number.parseInt(swarm.slice(0, 8), 16));
  let built: { readonly names: string; readonly links: readonly GossipLinks[] | null } | null = null;

  function build(members: readonly EdgeId[]): readonly GossipLinks[] | null {
    const number = members.indexOf(self);
    try {
      const graph = buildGraph(topology, members.length, random.fork(`${members.length} peers`));
      return graph.rounds.map((links) => ({ to: links[number].map((one) => members[one]), from: sendersIn(links)[number].map((one) => members[one]), oneWay: graph.directed }));
    } catch (thrown) {
      if (isMurmurError(thrown, 'bad_config')) return null;
      throw thrown;
    }
  }

  return {
    of(members) {
      const names = members.join();
      if (built?.names !== names) built = { names, links: build(members) };
      return built.links;
    },
  };
}
