/** Checkpoints as a content network would hand them out: read and verified once, then the same bytes for everybody. */
import type { CheckpointSource } from '../../client/edge/checkpoints.ts';
import type { BlobStore } from '../../server/storage/blobs.ts';
import type { Digest } from '../../shared/ids.ts';

/** Checkpoint and server state of the round under way and the one before. */
const HELD = 4;

export interface CheckpointCache {
  get(digest: Digest): Promise<Uint8Array>;
}

export function createCheckpointCache(blobs: Pick<BlobStore, 'get'>): CheckpointCache {
  const held = new Map<Digest, Promise<Uint8Array>>();
  return {
    get(digest) {
      const known = held.get(digest);
      if (known) return known;
      // Memory of its own: small files are read into a pool that others share. Not by `slice`, which of a Buffer is a view.
      const bytes = blobs.get(digest).then((found) => (found.byteLength === found.buffer.byteLength ? found : new Uint8Array(found)));
      held.set(digest, bytes);
      bytes.catch(() => held.delete(digest));
      for (const oldest of held.keys()) {
        if (held.size <= HELD) break;
        held.delete(oldest);
      }
      return bytes;
    },
  };
}

/** One device's way to them: `download` takes the virtual time that its line asks for, or rejects. */
export function checkpointsOver(cache: CheckpointCache, download: (bytes: number, signal: AbortSignal) => Promise<void>): CheckpointSource {
  return {
    fetch: (digest, bytes, signal) => download(bytes, signal).then(() => cache.get(digest)),
  };
}
