/**
 * Reports that come in chunks. An upload belongs to an edge and an assignment, not to a
 * connection: after a reconnect it goes on where it stopped. Unfinished ones are bounded
 * in number, size and age, and an edge has one at most.
 */
import { sha256Hex } from '#platform/crypto';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId, EdgeId } from '../../shared/ids.ts';

export interface UploadLimits {
  readonly maxUploads: number;
  readonly maxBytesInAll: number;
  readonly maxIdleMs: number;
}

export const DEFAULT_UPLOAD_LIMITS: UploadLimits = { maxUploads: 256, maxBytesInAll: 1 << 30, maxIdleMs: 120_000 };

interface Upload {
  readonly edge: EdgeId;
  readonly assignment: AssignmentId;
  readonly digest: string;
  readonly bytes: Uint8Array;
  received: number;
  touchedAt: number;
}

export interface Uploads {
  /** Bytes received already: 0 for a new upload. @throws too_many_uploads, too_large */
  begin(edge: EdgeId, assignment: AssignmentId, bytes: number, digest: string, maxBytes: number): number;
  /** The whole report once its last byte is in; null before. Chunks come in order. @throws upload_mismatch with the offset to go on from */
  chunk(edge: EdgeId, assignment: AssignmentId, offset: number, data: Uint8Array): { readonly received: number; readonly whole: Uint8Array | null };
  readonly count: number;
}

export function createUploads(clock: Clock, limits: UploadLimits = DEFAULT_UPLOAD_LIMITS): Uploads {
  const uploads = new Map<string, Upload>();
  let bytesInAll = 0;
  const keyOf = (edge: EdgeId, assignment: AssignmentId): string => `${edge} ${assignment}`;

  const drop = (key: string): void => {
    const upload = uploads.get(key);
    if (!upload) return;
    uploads.delete(key);
    bytesInAll -= upload.bytes.byteLength;
  };

  /** Swept when a new one wants its place: no timer of its own. */
  const sweep = (): void => {
    for (const [key, upload] of uploads) if (clock.now() - upload.touchedAt > limits.maxIdleMs) drop(key);
  };

  return {
    begin(edge, assignment, bytes, digest, maxBytes) {
      const key = keyOf(edge, assignment);
      const open = uploads.get(key);
      if (open?.digest === digest && open.bytes.byteLength === bytes) {
        open.touchedAt = clock.now();
        return open.received;
      }
      // An edge has one assignment at a time: whatever else of it is unfinished was given up.
      for (const [other, { edge: owner }] of uploads) if (owner === edge) drop(other);
      if (bytes > maxBytes) throw new MurmurError('too_large', `the report has ${bytes} bytes, at most ${maxBytes} are taken`);
      sweep();
      if (uploads.size >= limits.maxUploads || bytesInAll + bytes > limits.maxBytesInAll) {
        throw new MurmurError('too_many_uploads', `${uploads.size} uploads are unfinished (${bytesInAll} bytes); try again in a moment`);
      }
      uploads.set(key, { edge, assignment, digest, bytes: new Uint8Array(bytes), received: 0, touchedAt: clock.now() });
      bytesInAll += bytes;
      return 0;
    },
    chunk(edge, assignment, offset, data) {
      const key = keyOf(edge, assignment);
      const upload = uploads.get(key);
      if (!upload) throw new MurmurError('upload_mismatch', 'no such upload is open; begin it again', { details: { received: 0 } });
      if (offset !== upload.received || offset + data.byteLength > upload.bytes.byteLength) {
        throw new MurmurError('upload_mismatch', `the chunk begins at ${offset}, the upload stands at ${upload.received}`, { details: { received: upload.received } });
      }
      upload.bytes.set(data, offset);
      upload.received += data.byteLength;
      upload.touchedAt = clock.now();
      if (upload.received < upload.bytes.byteLength) return { received: upload.received, whole: null };
      drop(key);
      if (sha256Hex(upload.bytes) !== upload.digest) throw new MurmurError('upload_mismatch', 'the bytes received do not have the digest announced; begin again', { details: { received: 0 } });
      return { received: upload.received, whole: upload.bytes };
    },
    get count() {
      return uploads.size;
    },
  };
}
