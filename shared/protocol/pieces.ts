/** Bytes in several pieces, one behind the other: what is sent of them, and what they are together. */

/** Bytes; smaller pieces are put together, since a message of its own costs more than their copy. */
const LEAST_VIEW = 64 * 1024;

export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/** A copy of all; the piece itself where there is but one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0] : copyInto(new Uint8Array(lengthOf(pieces)), pieces);
}

/** Copies the pieces to the start of `to`, and returns it. */
export function copyInto<To extends Uint8Array>(to: To, pieces: readonly Uint8Array[]): To {
  let offset = 0;
  for (const piece of pieces) {
    to.set(piece, offset);
    offset += piece.byteLength;
  }
  return to;
}

/**
 * What to send next from byte `offset` on, `most` bytes at the most: a view of a large piece, or small ones put together.
 * Empty at the end. Where it ends depends on the pieces: whoever sends on begins there.
 */
export function chunkAt(pieces: readonly Uint8Array[], offset: number, most: number): Uint8Array {
  const small: Uint8Array[] = [];
  let room = most;
  let start = 0;
  for (const piece of pieces) {
    const from = Math.max(0, offset - start);
    start += piece.byteLength;
    if (from >= piece.byteLength) continue;
    const rest = piece.subarray(from, from + room);
    if (rest.byteLength >= LEAST_VIEW) {
      if (small.length === 0) return rest;
      break;
    }
    small.push(rest);
    room -= rest.byteLength;
    if (room === 0) break;
  }
  return joined(small);
}
