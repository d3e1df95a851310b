/**
 * Reports and accumulators that come in chunks. An upload belongs to an edge and to what it
 * is sent for, not to a connection: after a reconnect it goes on where it stopped. Unfinished
 * ones are bounded in number, in all and for each edge, in size and in age.
 */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';
import { copyInto } from '../../shared/protocol/pieces.ts';
import { createBufferPool } from '../storage/buffer-pool.ts';

export interface UploadLimits {
  readonly maxUploads: number;
  /** One edge has one assignment at a time, an edge aggregator a round of each task that it serves. */
  readonly maxUploadsOfAnEdge: number;
  readonly maxBytesInAll: number;
  readonly maxIdleMs: number;
}

export const DEFAULT_UPLOAD_LIMITS: UploadLimits = { maxUploads: 256, maxUploadsOfAnEdge: 4, maxBytesInAll: 1 << 30, maxIdleMs: 120_000 };

/** Where the bytes of an upload gather. */
interface Gathering {
  put(data: Uint8Array, offset: number): void;
  whole(): Uint8Array<ArrayBuffer>;
}

interface Upload {
  readonly edge: EdgeId;
  readonly name: string;
  readonly byteLength: number;
  readonly gathering: Gathering;
  received: number;
  touchedAt: number;
}

export interface Uploads {
  /**
   * Opens an upload, or finds the open one of the same subject (an assignment, a round), size and name; another name means
   * other bytes. That these are what was sent is the transport's promise, as it is for a frame in one message.
   * Where an edge opens too many, the one that it left longest is given up. Returns the bytes received already.
   * @throws too_many_uploads, too_large
   */
  begin(edge: EdgeId, subject: string, bytes: number, name: string, maxBytes: number): number;
  /**
   * The whole frame once its last byte is in; null before. Chunks come in order. The frame's memory is lent: `giveBack`
   * it when it was merged or refused.
   * @throws upload_mismatch with the offset to go on from
   */
  chunk(edge: EdgeId, subject: string, offset: number, data: Uint8Array): { readonly received: number; readonly whole: Uint8Array<ArrayBuffer> | null };
  giveBack(whole: Uint8Array<ArrayBuffer>): void;
  readonly count: number;
}

export interface UploadOptions {
  /**
   * Chunks lie in memory of their sender's that stays as it is and is there in any case: they are kept as they came, and
   * put together when the last one is in. Never for a socket's buffers, of which a small chunk could hold a large one.
   */
  readonly lentChunks?: boolean;
}

export function createUploads(clock: Clock, limits: UploadLimits = DEFAULT_UPLOAD_LIMITS, { lentChunks = false }: UploadOptions = {}): Uploads {
  /** In the order in which they were touched last. */
  const uploads = new Map<string, Upload>();
  const buffers = createBufferPool();
  let bytesInAll = 0;
  const keyOf = (edge: EdgeId, subject: string): string => `${edge} ${subject}`;

  function copying(bytes: number): Gathering {
    const whole = buffers.take(bytes);
    return { put: (data, offset) => whole.set(data, offset), whole: () => whole };
  }

  function keeping(bytes: number): Gathering {
    const chunks: Uint8Array[] = [];
    return { put: (data) => void chunks.push(data), whole: () => copyInto(buffers.take(bytes), chunks) };
  }

  const drop = (key: string): void => {
    const upload = uploads.get(key);
    if (!upload) return;
    uploads.delete(key);
    bytesInAll -= upload.byteLength;
  };

  const touch = (key: string, upload: Upload): void => {
    upload.touchedAt = clock.now();
    uploads.delete(key);
    uploads.set(key, upload);
  };

  /** Swept when a new one wants its place: no timer of its own. */
  const sweep = (): void => {
    for (const [key, upload] of uploads) if (clock.now() - upload.touchedAt > limits.maxIdleMs) drop(key);
  };

  const makePlaceFor = (edge: EdgeId): void => {
    const own: string[] = [];
    for (const [key, upload] of uploads) if (upload.edge === edge) own.push(key);
    for (const key of own.slice(0, Math.max(0, own.length - limits.maxUploadsOfAnEdge + 1))) drop(key);
  };

  return {
    begin(edge, subject, bytes, name, maxBytes) {
      const key = keyOf(edge, subject);
      const open = uploads.get(key);
      if (open?.name === name && open.byteLength === bytes) {
        touch(key, open);
        return open.received;
      }
      drop(key);
      if (bytes > maxBytes) throw new MurmurError('too_large', `the frame has ${bytes} bytes, at most ${maxBytes} are taken`);
      sweep();
      makePlaceFor(edge);
      if (uploads.size >= limits.maxUploads || bytesInAll + bytes > limits.maxBytesInAll) {
        throw new MurmurError('too_many_uploads', `${uploads.size} uploads are unfinished (${bytesInAll} bytes); try again in a moment`);
      }
      uploads.set(key, { edge, name, byteLength: bytes, gathering: (lentChunks ? keeping : copying)(bytes), received: 0, touchedAt: clock.now() });
      bytesInAll += bytes;
      return 0;
    },
    chunk(edge, subject, offset, data) {
      const key = keyOf(edge, subject);
      const upload = uploads.get(key);
      if (!upload) throw new MurmurError('upload_mismatch', 'no such upload is open; begin it again', { details: { received: 0 } });
      if (offset !== upload.received || offset + data.byteLength > upload.byteLength) {
        throw new MurmurError('upload_mismatch', `the chunk begins at ${offset} and has ${data.byteLength} bytes, the upload stands at ${upload.received} of ${upload.byteLength}`, { details: { received: upload.received } });
      }
      upload.gathering.put(data, offset);
      upload.received += data.byteLength;
      touch(key, upload);
      if (upload.received < upload.byteLength) return { received: upload.received, whole: null };
      drop(key);
      return { received: upload.received, whole: upload.gathering.whole() };
    },
    giveBack: (whole) => buffers.giveBack(whole),
    get count() {
      return uploads.size;
    },
  };
}
