/**
 * The messages between a peer and whoever introduces it to its swarm (namespace `/peer` of a coordinator, or of a peer that
 * listens), as schemas. An introducer brings newcomers together, passes on what they signal, and bytes where no direct path
 * exists; it has no part in what they learn.
 */
import { z } from 'zod';
import { Voucher } from '../gossip/voucher.ts';
import { SKETCH_BYTES } from '../gossip/sketch.ts';
import { parsersOf } from './as-it-is.ts';
import { acknowledged, bytes, count, digest, edgeId, hex, protocolVersion, taskId } from './fields.ts';

export const PEER_PROTOCOL = Object.freeze({ major: 1, minor: 0 });

/** Most of one signal, as JSON; a session description with its candidates has some thousand. Characters. */
export const LONGEST_SIGNAL = 1 << 16;
/** Most of one piece that is relayed: a wire's longest message, and what a transport puts around it. */
export const MOST_RELAYED_BYTES = (1 << 16) + 1024;
/** Neighbours that a status tells of. */
export const MOST_NEIGHBOURS_SHOWN = 64;
/** An introducer listens to one status in this time. */
export const STATUS_MS = 1000;

const figure = z.number().nullable();
const sketch = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.byteLength === SKETCH_BYTES, `${SKETCH_BYTES} bytes expected`);

/** What a peer says of itself to those who look on. Nobody checks it, and nothing is decided by it. */
export const PeerStatus = z.strictObject({
  /** The last that it ended; 0: none. */
  round: count,
  /** On its own held-out examples; null: not evaluated yet. */
  accuracy: z.number().min(0).max(1).nullable(),
  loss: figure,
  /** Of its last round's training. */
  trainLoss: figure,
  neighbours: z.array(z.strictObject({ peer: edgeId, kind: z.enum(['webrtc', 'relay', 'memory']) })).max(MOST_NEIGHBOURS_SHOWN),
  /** With whom it averaged in its last round. */
  merged: z.array(edgeId).max(MOST_NEIGHBOURS_SHOWN),
  /** Of its model (`shared/gossip/sketch.ts`); null: it has none yet. */
  sketch: sketch.nullable(),
  /** What it runs in; left out: it does not say. */
  platform: z.enum(['browser', 'node']).optional(),
  /** To and from other peers, since it began. */
  bytesSent: count.optional(),
  bytesReceived: count.optional(),
});
export type PeerStatus = z.output<typeof PeerStatus>;

/** Peer → introducer. */
export const peerRequests = {
  hello: z.strictObject({ protocol: protocolVersion, software: z.string().max(100) }),
  /** The signature over the challenge proves that it holds the secret key; who was not here before shows the token, too. */
  authenticate: z.strictObject({ publicKey: hex(32), signature: hex(64), name: z.string().max(100), token: z.string().max(200).optional() }),
  tasks: z.strictObject({}),
  /** What one would join: for who has to prepare himself before others count on him. */
  describe: z.strictObject({ task: taskId }),
  /** One swarm a connection; said again, it gives other peers. */
  join: z.strictObject({ task: taskId }),
  signal: z.strictObject({ to: edgeId, signal: z.unknown() }),
  /** Acknowledged when the receiver has taken it; until then no other to the same one. */
  relay: z.strictObject({ to: edgeId, bytes }),
  status: PeerStatus,
  leave: z.strictObject({}),
} as const;

/** Introducer → peer. */
export const introducerRequests = {
  signal: z.strictObject({ from: edgeId, signal: z.unknown() }),
  relayed: z.strictObject({ from: edgeId, bytes }),
} as const;

const iceServer = z.object({ urls: z.array(z.string().max(300)).min(1).max(8), username: z.string().max(300).optional(), credential: z.string().max(300).optional() });

/** What an introducer replies; a peer looks at it as closely as the introducer at what it asks. */
const peerReplies = {
  hello: z.object({ protocol: z.object({ major: z.int(), minor: z.int() }), challenge: z.string().min(1).max(200), admission: z.enum(['open', 'token']) }),
  authenticate: z.object({ peer: edgeId }),
  /** Those in gossip mode that newcomers may join now. */
  tasks: z.object({ tasks: z.array(taskId).max(10_000) }),
  describe: z.object({ task: z.unknown(), swarm: digest }),
  join: z.object({
    /** A GossipTask; parsed by its own schema. */
    task: z.unknown(),
    swarm: digest,
    root: hex(32),
    voucher: Voucher,
    peers: z.array(edgeId).max(100),
    iceServers: z.array(iceServer).max(16),
    /** It wants to hear the peer's status. */
    looksOn: z.boolean(),
  }),
  signal: acknowledged,
  relay: acknowledged,
  status: acknowledged,
  leave: acknowledged,
} as const satisfies Record<keyof typeof peerRequests, z.ZodType>;

const introducerReplies = { signal: acknowledged, relayed: acknowledged } as const satisfies Record<keyof typeof introducerRequests, z.ZodType>;

export const peerRequestParsers = parsersOf(peerRequests);
export const peerReplyParsers = parsersOf(peerReplies);
export const introducerRequestParsers = parsersOf(introducerRequests);
export const introducerReplyParsers = parsersOf(introducerReplies);

export type PeerRequest<Type extends keyof typeof peerRequests> = z.output<(typeof peerRequests)[Type]>;
export type PeerReply<Type extends keyof typeof peerReplies> = z.output<(typeof peerReplies)[Type]>;
/** What a peer may ask of its introducer. */
export type PeerToIntroducer = { [Type in keyof typeof peerRequests]: { request: z.input<(typeof peerRequests)[Type]>; reply: PeerReply<Type> } };
/** What an introducer may ask of a peer. */
export type IntroducerToPeer = {
  [Type in keyof typeof introducerRequests]: { request: z.input<(typeof introducerRequests)[Type]>; reply: z.output<(typeof introducerReplies)[Type]> };
};

/**
 * What a peer signs. Another text than an edge's: anybody can be an introducer, and one that passes a coordinator's challenge
 * on as its own must get nothing that opens a session of an edge there.
 */
export function peerChallengeText(challenge: string): Uint8Array {
  return new TextEncoder().encode(`murmuration-peer:${PEER_PROTOCOL.major}:authenticate:${challenge}`);
}

/** Characters of a signal as JSON; Infinity for what is no JSON, or is nested beyond reason. */
export function signalLength(signal: unknown): number {
  try {
    return JSON.stringify(signal)?.length ?? Infinity;
  } catch {
    return Infinity;
  }
}
