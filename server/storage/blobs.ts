/** Content-addressed blobs (checkpoints, server states) on a disk: `blobs/ab/abcdef…`. */
import { sha256Hex } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { asDigest, DIGEST_PATTERN, type Digest } from '../../shared/ids.ts';
import type { Disk } from './disk.ts';

export interface BlobStore {
  /** Durable when it resolves. Storing the same bytes again is no error and no work. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** @throws not_found; storage_corrupt when the bytes no longer have their digest. */
  get(digest: Digest): Promise<Uint8Array>;
  has(digest: Digest): Promise<boolean>;
  remove(digest: Digest): Promise<void>;
}

const pathOf = (digest: Digest): string => `blobs/${digest.slice(0, 2)}/${digest}`;

export function createBlobStore(disk: Disk): BlobStore {
  return {
    async put(bytes) {
      const digest = asDigest(sha256Hex(bytes));
      const path = pathOf(digest);
      if (await disk.exists(path)) return digest;
      await disk.makeFolder(`blobs/${digest.slice(0, 2)}`);
      await disk.writeAtomic(path, bytes);
      return digest;
    },
    async get(digest) {
      if (!DIGEST_PATTERN.test(digest)) throw new MurmurError('not_found', `no blob has the digest ${digest}`);
      const bytes = await disk.read(pathOf(digest));
      if (sha256Hex(bytes) !== digest) throw new MurmurError('storage_corrupt', `the blob ${digest} under ${disk.root} no longer has its digest; restore it from a backup`);
      return bytes;
    },
    has: (digest) => disk.exists(pathOf(digest)),
    remove: (digest) => disk.remove(pathOf(digest)),
  };
}
