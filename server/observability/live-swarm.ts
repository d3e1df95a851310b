/** A swarm as watchers see it: from what its peers that are connected to the rendezvous say of themselves. Others are not seen. */
import { consensusDistance, decodeSketch } from '../../shared/gossip/sketch.ts';
import type { ConnectedPeer } from '../../shared/gossip/rendezvous.ts';
import type { LivePeer, LiveSwarm, LiveSwarmLink } from '../../shared/protocol/live-swarm.ts';

/** More are not drawn on any page. */
const MOST_PEERS = 500;

export function liveSwarm(task: string, connected: readonly ConnectedPeer[], now: number): LiveSwarm {
  const shown = connected.slice(0, MOST_PEERS);
  const sketches = connected.flatMap(({ status }) => {
    try {
      return status?.sketch == null ? [] : [decodeSketch(status.sketch)];
    } catch {
      // Whoever sends numbers that are none is not counted.
      return [];
    }
  });
  return {
    task, now, peers: shown.map(livePeer), peersInAll: connected.length, links: linksOf(shown),
    consensusDistance: consensusDistance(sketches), measured: sketches.length,
  };
}

function livePeer({ peer, name, since, status, statusAt }: ConnectedPeer): LivePeer {
  return {
    peer, name, since, round: status?.round ?? 0, accuracy: status?.accuracy ?? null, loss: status?.loss ?? null, trainLoss: status?.trainLoss ?? null,
    merged: status?.merged ?? [], platform: status?.platform ?? null, bytesSent: status?.bytesSent ?? null, bytesReceived: status?.bytesReceived ?? null, toldAt: status === null ? null : statusAt,
  };
}

/** Each link once, whoever of the two told of it; peers at its far end that are not connected here are shown by their id alone. */
function linksOf(peers: readonly ConnectedPeer[]): LiveSwarmLink[] {
  const links = new Map<string, LiveSwarmLink>();
  for (const { peer, status } of peers) {
    for (const { peer: other, kind } of status?.neighbours ?? []) {
      const [a, b] = peer < other ? [peer, other] : [other, peer];
      if (a !== b) links.set(`${a} ${b}`, { a, b, kind });
    }
  }
  return [...links.values()];
}
