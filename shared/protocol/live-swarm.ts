/** What one sees of a swarm: its peers, their links, and how far their models lie apart. */

/** A peer of a swarm, as it says of itself; nobody checks that. */
export interface LivePeer {
  readonly peer: string;
  readonly name: string;
  /** When it connected. */
  readonly since: number;
  readonly round: number;
  /** On its own held-out examples. */
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly trainLoss: number | null;
  /** With whom it averaged in its last round; not all of them need be among the peers shown. */
  readonly merged: readonly string[];
  /** What it runs in; null: it does not say. */
  readonly platform: 'browser' | 'node' | null;
  /** To and from other peers, since it began; null: it does not say. */
  readonly bytesSent: number | null;
  readonly bytesReceived: number | null;
  /** When it said so; null: it has not said anything yet. */
  readonly toldAt: number | null;
}

export interface LiveSwarmLink {
  readonly a: string;
  readonly b: string;
  readonly kind: 'webrtc' | 'relay' | 'memory';
}

/** A swarm as far as it is seen here: its peers that are connected to the rendezvous. Sent at most a few times a second, whole. */
export interface LiveSwarm {
  readonly task: string;
  readonly now: number;
  readonly peers: readonly LivePeer[];
  /** Connected in all; `peers` may show fewer. */
  readonly peersInAll: number;
  readonly links: readonly LiveSwarmLink[];
  /** Root mean square distance of the peers' models to their mean, estimated from sketches (`shared/gossip/sketch.ts` states the error); null where fewer than two have one. */
  readonly consensusDistance: number | null;
  /** Peers whose models went into that. */
  readonly measured: number;
}
