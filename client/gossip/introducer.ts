/** Whoever brings a peer into a swarm: a rendezvous, or a peer that listens. Once a peer has neighbours it may vanish. */
import type { EdgeId, Digest, TaskId } from '../../shared/ids.ts';
import type { Voucher } from '../../shared/gossip/voucher.ts';
import type { PeerStatus } from '../../shared/protocol/peer-messages.ts';
import type { GossipTask } from '../../shared/task/task-spec.ts';

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** What an introducer gives a peer that it let in, for as long as the connection to it lasts. */
export interface Introduction {
  readonly task: GossipTask;
  readonly swarm: Digest;
  /** The swarm's root key, 32 bytes in hexadecimal. */
  readonly root: string;
  readonly voucher: Voucher;
  /** A few peers of the swarm that the introducer can pass signals to. */
  readonly peers: readonly EdgeId[];
  /** STUN and TURN servers; none unless its operator named some. */
  readonly iceServers: readonly IceServer[];
  readonly closed: boolean;
  /** Asks for other peers of the swarm, for one that has lost all that it knew; missing: it gives no others. @throws disconnected, conflict */
  morePeers?(): Promise<readonly EdgeId[]>;
  /** Another voucher, before the one that it gave expires; missing: it gives no other. @throws disconnected; not_authenticated: it is none */
  renew?(): Promise<Voucher>;
  /** Passes a small JSON value on to a peer that is connected to the introducer, too. @throws not_found, disconnected */
  signal(to: EdgeId, signal: unknown): Promise<void>;
  onSignal(handler: (from: EdgeId, signal: unknown) => void): void;
  /** Passes bytes on, where no direct path exists; several calls may be under way, and arrive in the order in which they were made. @throws not_found, disconnected, too_large */
  relay(to: EdgeId, bytes: Uint8Array): Promise<void>;
  onRelayed(handler: (from: EdgeId, bytes: Uint8Array) => void): void;
  /** Takes what the peer says of itself, once a second at most; missing: nobody looks on there. */
  status?(status: PeerStatus): Promise<void>;
  onClose(handler: (reason: string) => void): void;
  leave(): Promise<void>;
}

export interface Introducer {
  /** Its address, for people. */
  readonly name: string;
  /** @throws not_found: no such task in gossip mode; bad_token, revoked, unsupported_version, disconnected, timeout */
  join(task: TaskId, signal: AbortSignal): Promise<Introduction>;
}
