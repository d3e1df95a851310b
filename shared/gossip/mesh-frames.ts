/**
 * What the meshes of two peers say to each other: signs of life, membership, and signals that they pass on for others. Tensor
 * frames without a tensor, like all that goes over a channel, and told from a gossip peer's own by their kind.
 */
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { decodeFrame, encodeFrame, parsePart } from '../protocol/frame.ts';
import { LONGEST_ROUTE, PeerId } from './descriptor.ts';
import { MembershipMessage } from './membership-messages.ts';

const MESH = 'mesh';

/** Hops of a signal: those that look for a way of their own make it longer than its route was. */
export const LONGEST_PATH = 2 * LONGEST_ROUTE;
/** Signals of one attempt: a description and some candidates a side. */
export const MOST_SIGNALS = 256;
/** What a signal's `data` may have as JSON; characters. A session description has some thousand. */
export const LONGEST_SIGNAL = 32 * 1024;

/** Names one attempt to open a channel; drawn by the side that calls. */
const DialId = z.string().regex(/^[0-9a-f]{16}$/);

/** Signals of an attempt to open a channel, in the two directions, and how an attempt is called off. */
export const DialSignal = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('call'),
    dial: DialId,
    /** Its place among those of its direction: they may overtake each other. */
    number: z.int().min(0).max(MOST_SIGNALS),
    transport: z.enum(['webrtc', 'relay', 'memory']),
    /** `urgent`, `room`: a place as a neighbour, even if another must go, or if there is one; `talk`: only a channel. */
    want: z.enum(['urgent', 'room', 'talk']),
    data: z.unknown(),
  }),
  z.strictObject({ type: z.literal('back'), dial: DialId, number: z.int().min(0).max(MOST_SIGNALS), data: z.unknown() }),
  /** `crossed`: the other side's own call stands. */
  z.strictObject({ type: z.literal('refuse'), dial: DialId, why: z.enum(['full', 'crossed', 'unwanted', 'failed']) }),
  z.strictObject({ type: z.literal('end'), dial: DialId }),
]);
export type DialSignal = z.output<typeof DialSignal>;
export type Want = Extract<DialSignal, { type: 'call' }>['want'];

/** A way that a signal went; an answer is given all of it as its route, which may be longer than those that peers know. */
const Path = z.array(PeerId).max(LONGEST_PATH);

export const MeshMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ping') }),
  z.strictObject({ type: z.literal('pong') }),
  /** The sender leaves for good. */
  z.strictObject({ type: z.literal('leave') }),
  /** The sender closes a channel that nobody used, and lives. */
  z.strictObject({ type: z.literal('release') }),
  z.strictObject({ type: z.literal('membership'), message: MembershipMessage }),
  /** `route`: hops still to go; `path`: hops gone, the one from whom it comes first, the sender left out. */
  z.strictObject({ type: z.literal('routed'), to: PeerId, route: Path, path: Path, signal: DialSignal }),
  /** A signal of this attempt did not get to `target`; `path`: hops back to whom it came from, who stands first. */
  z.strictObject({ type: z.literal('unroutable'), target: PeerId, dial: DialId, path: Path }),
]);
export type MeshMessage = z.output<typeof MeshMessage>;
export type Routed = Extract<MeshMessage, { type: 'routed' }>;
export type Unroutable = Extract<MeshMessage, { type: 'unroutable' }>;

const meshParser = parserOf(MeshMessage);
const signalParser = parserOf(DialSignal);

export const encodeMeshMessage = (message: MeshMessage): Uint8Array => encodeFrame({ kind: MESH, meta: { ...message }, tensors: [] });

/** The header's first bytes as `encodeFrame` writes them: who writes them otherwise has no mesh of ours. */
const BEGINNING = new TextEncoder().encode(`{"kind":"${MESH}",`);
const HEADER_AT = 12;

/** Without decoding: a letter of some MB is decoded once, by whom it is for. */
export function isMeshFrame(bytes: Uint8Array): boolean {
  return bytes.length > HEADER_AT + BEGINNING.length && BEGINNING.every((byte, i) => bytes[HEADER_AT + i] === byte);
}

/** @throws bad_frame, unsupported_version, too_large */
export function readMeshMessage(bytes: Uint8Array): MeshMessage {
  const frame = decodeFrame(bytes);
  if (frame.tensors.length > 0) throw new MurmurError('bad_frame', 'a message of a mesh has no tensors');
  return bounded(parsePart(meshParser, frame.meta, 'message of a mesh'));
}

/** As it came through an introducer. @throws bad_frame */
export function readSignal(value: unknown): DialSignal {
  const signal = parsePart(signalParser, value, 'signal');
  requireShort(signal);
  return signal;
}

function bounded(message: MeshMessage): MeshMessage {
  if (message.type === 'routed') requireShort(message.signal);
  return message;
}

function requireShort(signal: DialSignal): void {
  if (!('data' in signal)) return;
  const text = JSON.stringify(signal.data) as string | undefined;
  if (text === undefined || text.length > LONGEST_SIGNAL) throw new MurmurError('bad_frame', 'a signal is a JSON value, not so long');
}
