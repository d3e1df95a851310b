/** What a simulated file holds, what of that the platter has, and what a crash makes of the difference. */
import type { RandomSource } from '../../shared/random.ts';

/** What one write left. Never changed: files share them with what was synced of them. */
export interface Piece {
  readonly bytes: Uint8Array;
}

export interface SimulatedFile {
  readonly kind: 'file';
  live: readonly Piece[];
  /** As the platter has it. Pieces in `unreliable` are garbage there. */
  synced: readonly Piece[];
  /** A sync that failed leaves pages that the system takes for written: no later sync writes them. */
  readonly unreliable: Set<Piece>;
}

/** A file that is on the platter as it is. */
export function createFile(pieces: readonly Piece[]): SimulatedFile {
  return { kind: 'file', live: pieces, synced: pieces, unreliable: new Set() };
}

/** What was not synced before never will be, though everybody goes on reading it. */
export function failSync(file: SimulatedFile): void {
  const synced = new Set(file.synced);
  for (const piece of file.live) if (!synced.has(piece)) file.unreliable.add(piece);
}

export function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

export function join(pieces: readonly Piece[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(pieces));
  let offset = 0;
  for (const { bytes } of pieces) {
    whole.set(bytes, offset);
    offset += bytes.byteLength;
  }
  return whole;
}

/** The pieces of the first `size` bytes; what fails to be there is zeros, as POSIX has it. */
export function cut(file: SimulatedFile, size: number): Piece[] {
  const kept: Piece[] = [];
  let left = size;
  for (const piece of file.live) {
    if (left === 0) break;
    if (piece.bytes.byteLength <= left) {
      kept.push(piece);
      left -= piece.bytes.byteLength;
      continue;
    }
    const part: Piece = { bytes: piece.bytes.subarray(0, left) };
    if (file.unreliable.has(piece)) file.unreliable.add(part);
    kept.push(part);
    left = 0;
  }
  if (left > 0) kept.push({ bytes: new Uint8Array(left) });
  return kept;
}

/** What a restart finds of a file. */
export function afterCrash(file: SimulatedFile, random: RandomSource): SimulatedFile {
  const platter = join(file.synced.map((piece) => (file.unreliable.has(piece) ? { bytes: garble(piece.bytes, random) } : piece)));
  const only = (bytes: Uint8Array): SimulatedFile => createFile(bytes.byteLength === 0 ? [] : [{ bytes }]);

  const extended = file.synced.every((piece, index) => file.live[index] === piece);
  // A cut that was not synced has happened or has not.
  if (!extended) return only(random.next() < 0.5 ? platter : join(file.live));

  const tail = join(file.live.slice(file.synced.length));
  const fate = random.int(4);
  if (tail.byteLength === 0 || fate === 0) return only(platter);
  const kept = tail.slice(0, fate === 1 ? tail.byteLength : random.int(tail.byteLength + 1));
  if (fate === 3 && kept.byteLength > 0) {
    // The size was written, some of the pages were not.
    const from = random.int(kept.byteLength);
    const until = from + 1 + random.int(kept.byteLength - from);
    if (random.next() < 0.5) kept.fill(0, from, until);
    else kept.set(garble(kept.subarray(from, until), random), from);
  }
  return only(join([{ bytes: platter }, { bytes: kept }]));
}

function garble(bytes: Uint8Array, random: RandomSource): Uint8Array {
  return Uint8Array.from(bytes, () => random.int(256));
}
