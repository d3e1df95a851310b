/**
 * The messages that a channel cuts frames into: eight bytes, then a part of a frame. So the part of a message that holds a
 * whole frame lies where eight-byte numbers can be read in place.
 *
 *     0     1 where a frame begins, 2 where one goes on
 *     1     lane: 0 for frames as they come, 1 for urgent ones
 *     2–3   0
 *     4–7   little-endian: the frame's length where it begins, else at which of its bytes this part stands
 */
import { MurmurError } from '../../shared/errors.ts';

export const HEAD_BYTES = 8;
const BEGINS = 1;
const GOES_ON = 2;

export type Lane = 'plain' | 'urgent';

export interface Part {
  readonly lane: Lane;
  /** Of the frame that begins here; null: it goes on. */
  readonly length: number | null;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Writes the message of the frame's part from `offset` on into `scratch`, as much as fits, and returns it and where the next part begins. */
export function writePart(scratch: Uint8Array, lane: Lane, frame: Uint8Array, offset: number): { readonly message: Uint8Array; readonly next: number } {
  const next = Math.min(frame.byteLength, offset + scratch.byteLength - HEAD_BYTES);
  scratch.fill(0, 0, HEAD_BYTES);
  scratch[0] = offset === 0 ? BEGINS : GOES_ON;
  scratch[1] = lane === 'urgent' ? 1 : 0;
  new DataView(scratch.buffer, scratch.byteOffset).setUint32(4, offset === 0 ? frame.byteLength : offset, true);
  scratch.set(frame.subarray(offset, next), HEAD_BYTES);
  return { message: scratch.subarray(0, HEAD_BYTES + next - offset), next };
}

/** @throws bad_frame: no message of a channel */
export function readPart(message: Uint8Array): Part {
  if (message.byteLength < HEAD_BYTES) throw new MurmurError('bad_frame', `a message of ${message.byteLength} bytes is shorter than its head`);
  const [kind, lane, zero, zeroToo] = message;
  if ((kind !== BEGINS && kind !== GOES_ON) || lane > 1 || zero !== 0 || zeroToo !== 0) throw new MurmurError('bad_frame', 'the head of a message is none');
  const number = new DataView(message.buffer, message.byteOffset).getUint32(4, true);
  return { lane: lane === 1 ? 'urgent' : 'plain', length: kind === BEGINS ? number : null, offset: kind === BEGINS ? 0 : number, bytes: message.subarray(HEAD_BYTES) };
}
