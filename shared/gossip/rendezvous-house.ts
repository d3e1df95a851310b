/** What a rendezvous is given: on what terms it lets peers in, whom it knows elsewhere, and what it bears. */
import type { Digest, EdgeId, TaskId } from '../ids.ts';
import type { PeerReply } from '../protocol/peer-messages.ts';
import type { GossipTask } from '../task/task-spec.ts';
import { DEFAULT_RELAY_LIMITS, type RelayLimits } from './relay-desk.ts';
import type { Voucher } from './voucher.ts';

/** On what terms peers are let into a swarm. */
export interface SwarmTerms {
  readonly task: GossipTask;
  readonly swarm: Digest;
  /** The root key, hexadecimal. */
  readonly root: string;
  vouch(publicKey: string): Voucher;
}

/** Peers of a swarm that are no guests of this rendezvous: those that a listening peer knows through its mesh, and itself. */
export interface PeersElsewhere {
  /** A few, at random. */
  somePeers(count: number): readonly EdgeId[];
  /** A guest has joined: what is passed on to and from it, until it leaves. */
  host(guest: EdgeId, handlers: GuestHandlers): HostedGuest;
}

/** What is passed on to a guest. */
export interface GuestHandlers {
  onSignal(from: EdgeId, signal: unknown): void;
  onRelayed(from: EdgeId, bytes: Uint8Array): Promise<void>;
}

/** What a guest passes on. */
export interface HostedGuest {
  /** @throws bad_frame: no signal of a mesh; not_found: nobody knows a way to that peer */
  signal(to: EdgeId, signal: unknown): void;
  /** @throws not_found */
  relay(to: EdgeId, bytes: Uint8Array): void;
  leave(): void;
}

/** What a rendezvous decides nothing of by itself. */
export interface RendezvousHouse {
  readonly admission: 'open' | 'token';
  /** Whose key it is, is proven by now. @throws bad_token, revoked, forbidden */
  admit(request: { readonly peer: EdgeId; readonly publicKey: string; readonly name: string; readonly token?: string }): Promise<void>;
  /** Tasks that newcomers may join. */
  tasks(): Promise<readonly TaskId[]>;
  /** @throws not_found; conflict: it takes no newcomers now */
  terms(task: TaskId): Promise<SwarmTerms>;
  readonly iceServers: PeerReply<'join'>['iceServers'];
  readonly elsewhere?: PeersElsewhere;
}

export interface RendezvousLimits {
  /** Connected at a time. */
  readonly peers: number;
  /** Peers that a newcomer is introduced to. */
  readonly introductions: number;
  /** Of each connection, whatever they ask; beyond them it is refused, and cut off where it goes on. */
  readonly requestsPerSecond: number;
  readonly requestsAtOnce: number;
  readonly relay: RelayLimits;
}

export const DEFAULT_RENDEZVOUS_LIMITS: RendezvousLimits = { peers: 10_000, introductions: 6, requestsPerSecond: 2000, requestsAtOnce: 4000, relay: DEFAULT_RELAY_LIMITS };
