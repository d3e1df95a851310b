/** What the two sides of an attempt tell each other before a WebRTC connection is there. It came from outside, by whoever carried it. */
import { z } from 'zod';
import { MurmurError } from '../../../shared/errors.ts';
import { parserOf } from '../../../shared/protocol/as-it-is.ts';

/** Bytes of a packet that gets through any network, which every implementation sends and takes. */
export const PACKET_BYTES = 1280;

/** Characters. A description with one data channel takes about five hundred. */
const LONGEST_SDP = 16_384;
const LONGEST_CANDIDATE = 1024;

const Signal = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('offer'),
    sdp: z.string().max(LONGEST_SDP),
    /** Drawn by who offers: where both offer at once, the higher number stands. */
    tie: z.int().nonnegative(),
    /** Of the packets that will come, once connected. */
    packetBytes: z.int().min(PACKET_BYTES).max(65_536),
  }),
  /** In place of an answer: packets of the offer's size would not be taken. Another offer is waited for. */
  z.strictObject({ type: z.literal('smaller'), packetBytes: z.int().min(PACKET_BYTES).max(65_536) }),
  z.strictObject({ type: z.literal('answer'), sdp: z.string().max(LONGEST_SDP) }),
  z.strictObject({ type: z.literal('candidate'), candidate: z.string().max(LONGEST_CANDIDATE), mid: z.string().max(64) }),
  /** That side has given up. */
  z.strictObject({ type: z.literal('bye'), reason: z.string().max(512) }),
]);
export type RtcSignal = z.output<typeof Signal>;
export type DescriptionType = 'offer' | 'answer';
const signalParser = parserOf(Signal);

/** @throws bad_message */
export function readSignal(signal: unknown): RtcSignal {
  const read = signalParser.safeParse(signal);
  if (!read.success) throw new MurmurError('bad_message', 'the other side’s signal is none', { details: read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) });
  return read.data;
}

/**
 * The fingerprint of the certificate that a description promises, which DTLS then holds the other side to.
 * @throws bad_message: none, or several: whoever promises two could keep the one that suits
 */
export function fingerprintOf(sdp: string): string {
  const found = new Set([...sdp.matchAll(/^a=fingerprint:(\S+) ([0-9A-Fa-f:]+)\s*$/gm)].map(([, algorithm, value]) => `${algorithm.toLowerCase()} ${value.toUpperCase()}`));
  const [one, ...more] = found;
  if (one === undefined || more.length > 0 || !one.startsWith('sha-256 ')) throw new MurmurError('bad_message', 'a description must name one certificate, by its SHA-256');
  return one;
}

/** What both ends of a connection know of it and nobody else can bring about. */
export const bindingOf = (oneSdp: string, otherSdp: string): string => [fingerprintOf(oneSdp), fingerprintOf(otherSdp)].sort().join(' | ');
