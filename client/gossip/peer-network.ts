/** What a gossip peer asks of whoever keeps its neighbours: live meshes over WebRTC and simulated ones give it the same. */
import type { EdgeId } from '../../shared/ids.ts';
import type { GossipLinks } from '../../shared/gossip/way.ts';

export interface NeighbourChange {
  readonly peer: EdgeId;
  readonly is: 'there' | 'gone' | 'released';
}

export interface PeerNetwork {
  readonly self: EdgeId;
  /** Whom to send to and to hear from in this round: neighbours that are there now. */
  links(round: number): GossipLinks;
  /** Every peer that is known and thought to live, oneself among them, by growing id. */
  members(): readonly EdgeId[];
  /**
   * Sends one frame; resolves when the network has taken it, later ones to the same peer behind it. The bytes must not change
   * afterwards. Opens a channel where there is none and the peer is known.
   * @throws disconnected: the peer is gone, or went before all was taken
   */
  send(to: EdgeId, frame: Uint8Array): Promise<void>;
  /** The same, for who does not want to know what comes of it; missing: it is no cheaper than `send`. */
  post?(to: EdgeId, frame: Uint8Array): void;
  /** The one handler of frames from peers: untrusted bytes, which are then its own. */
  onFrame(handler: (from: EdgeId, frame: Uint8Array) => void): void;
  /**
   * Called when a peer has become a neighbour, and when one is gone for good: it left, its channel died, it gave no sign of life.
   * `released`: a peer that is no neighbour lives, and its channel was given up.
   */
  onNeighbour(handler: (change: NeighbourChange) => void): void;
  /** Called when `members` has more than before; missing where it never has. */
  onMembers?(handler: () => void): void;
  /** Has nothing to do with this peer any more: closes its channels and refuses new ones. */
  shun(peer: EdgeId, reason: string): void;
}
