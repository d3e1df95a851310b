/**
 * Peers over a graph that is given, under a virtual clock: no membership, no transport, only lines that take their time.
 * Frames are bytes, as everywhere; who gets them must not change them, since all their receivers share one copy.
 */
import type { PeerNetwork } from '../../client/gossip/peer-network.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { GossipLinks } from '../../shared/gossip/way.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { sendersIn, type Graph } from '../../shared/topology/topology.ts';

export interface GraphNetworkOptions {
  readonly clock: Clock;
  /** Of the peers by their number in the graph. */
  readonly ids: readonly EdgeId[];
  readonly graph: Graph;
  /** Virtual milliseconds that so many bytes take from one peer to another; null: they are lost. */
  readonly takes: (from: number, to: number, bytes: number) => number | null;
}

export interface GraphNetwork {
  peer(number: number): PeerNetwork;
  /** Everybody meets their neighbours. */
  open(): void;
  /** Bytes sent by each peer, by number. */
  readonly bytes: readonly number[];
}

interface Peer {
  onFrame: ((from: EdgeId, frame: Uint8Array) => void) | null;
  onNeighbour: ((change: { readonly peer: EdgeId; readonly is: 'there' | 'gone' }) => void) | null;
  readonly shunned: Set<EdgeId>;
  /** When the last frame to each peer arrives: frames of one pair never overtake each other. */
  readonly arrivesLast: Map<number, number>;
}

export function createGraphNetwork({ clock, ids, graph, takes }: GraphNetworkOptions): GraphNetwork {
  const numbers = new Map(ids.map((id, number) => [id, number]));
  const members = [...ids].sort();
  const bytes = ids.map(() => 0);
  const peers: Peer[] = ids.map(() => ({ onFrame: null, onNeighbour: null, shunned: new Set(), arrivesLast: new Map() }));
  /** Of each round of the graph's period, of each peer. */
  const links = graph.rounds.map((to) => {
    const from = sendersIn(to);
    return ids.map((_, peer): GossipLinks => ({ to: to[peer].map((one) => ids[one]), from: from[peer].map((one) => ids[one]), oneWay: graph.directed }));
  });
  const neighbours = ids.map((_, peer) => [...new Set(links.flatMap((round) => [...round[peer].to, ...round[peer].from]))]);

  return {
    bytes,
    open: () => neighbours.forEach((around, peer) => around.forEach((other) => peers[peer].onNeighbour?.({ peer: other, is: 'there' }))),
    peer(number) {
      const own = peers[number];
      const self = ids[number];
      return {
        self,
        links(round) {
          const all = links[round % links.length][number];
          if (own.shunned.size === 0) return all;
          return { ...all, to: all.to.filter((peer) => !own.shunned.has(peer)), from: all.from.filter((peer) => !own.shunned.has(peer)) };
        },
        members: () => members,
        async send(to, frame) {
          const at = numbers.get(to);
          if (at === undefined || own.shunned.has(to) || peers[at].shunned.has(self)) throw new MurmurError('disconnected', `there is no way to ${to}`);
          bytes[number] += frame.byteLength;
          const ms = takes(number, at, frame.byteLength);
          if (ms === null) return;
          const arrives = Math.max(own.arrivesLast.get(at) ?? 0, clock.now() + ms);
          own.arrivesLast.set(at, arrives);
          clock.after(arrives - clock.now(), () => {
            if (!peers[at].shunned.has(self)) peers[at].onFrame?.(self, frame);
          });
        },
        onFrame(handler) {
          own.onFrame = handler;
        },
        onNeighbour(handler) {
          own.onNeighbour = handler;
        },
        shun(peer) {
          own.shunned.add(peer);
          own.onNeighbour?.({ peer, is: 'gone' });
        },
      };
    },
  };
}
