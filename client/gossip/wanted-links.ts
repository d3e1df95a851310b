/** Whom a peer wants for its neighbours, and when: those that membership holds for it, or those of the task's graph. */
import type { GossipLinks } from '../../shared/gossip/way.ts';
import type { Digest, EdgeId } from '../../shared/ids.ts';
import type { GossipSettings } from '../../shared/task/gossip-settings.ts';
import { createGraphKeeper, type GraphKeeperOptions } from './graph-keeper.ts';
import { createGraphLinks } from './graph-links.ts';

export interface WantedLinksOptions extends Pick<GraphKeeperOptions, 'self' | 'isOpen' | 'isBusyWith' | 'open'> {
  readonly settings: GossipSettings;
  readonly swarm: Digest;
  /** Of membership. */
  readonly active: () => readonly EdgeId[];
}

export interface WantedLinks {
  /** Whether there is a channel to them or not. */
  inRound(round: number): GossipLinks;
  /** Of all rounds. */
  peers(): ReadonlySet<EdgeId>;
  /** Whether the task's graph has this peer. */
  has(peer: EdgeId): boolean;
  /** These live now. */
  seen(peers: readonly EdgeId[]): void;
  forget(peer: EdgeId): void;
  /** Opens channels that are missing. @returns whom it wants */
  tick(): ReadonlySet<EdgeId>;
}

const NO_LINKS: GossipLinks = { to: [], from: [], oneWay: false };
/** Neighbours that membership looks for where the task names a graph. */
const DEGREE_BESIDE_GRAPH = 4;

export const degreeOf = (topology: GossipSettings['topology']): number => (topology.name === 'overlay' && 'degree' in topology && typeof topology.degree === 'number' ? topology.degree : DEGREE_BESIDE_GRAPH);

export function createWantedLinks({ settings: { topology, minimumPeers }, swarm, active, ...parts }: WantedLinksOptions): WantedLinks {
  const graph = topology.name === 'overlay' ? null : createGraphKeeper({ ...parts, graph: createGraphLinks(parts.self, topology, swarm), minimumPeers });

  const peers = (): ReadonlySet<EdgeId> => new Set(graph?.rounds?.flatMap(({ to, from }) => [...to, ...from]) ?? active());

  return {
    peers,
    inRound(round) {
      const rounds = graph?.rounds ?? [{ to: active(), from: active(), oneWay: false }];
      return rounds[round % Math.max(1, rounds.length)] ?? NO_LINKS;
    },
    has: (peer) => graph?.has(peer) ?? false,
    seen: (living) => graph?.seen(living),
    forget: (peer) => graph?.forget(peer),
    tick() {
      const now = peers();
      graph?.tick(now);
      return now;
    },
  };
}
