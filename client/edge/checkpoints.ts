/** How an edge gets a checkpoint: by digest, verified, resumed where the connection broke. */
import type { Digest } from '../../shared/ids.ts';

export interface CheckpointSource {
  /** The bytes whose SHA-256 is `digest`. @throws not_found, bad_frame when the bytes do not have it, aborted. */
  fetch(digest: Digest, bytes: number, signal: AbortSignal): Promise<Uint8Array>;
}
