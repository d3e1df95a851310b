/** Content-addressed blobs (checkpoints, server states) on a disk: `blobs/ab/abcdef…`. */
import { sha256Hex } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { asDigest, DIGEST_PATTERN, type Digest } from '../../shared/ids.ts';
import type { Disk } from './disk.ts';

export interface BlobStore {
  /** Durable when it resolves. Storing the same bytes again is no error, and no work but once after a restart. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** @throws not_found; storage_corrupt when the bytes no longer have their digest. */
  get(digest: Digest): Promise<Uint8Array>;
  has(digest: Digest): Promise<boolean>;
  /** @throws not_found for what is no digest; no error where there is no such blob. */
  remove(digest: Digest): Promise<void>;
}

const pathOf = (digest: Digest): string => `blobs/${digest.slice(0, 2)}/${digest}`;

/** A digest may come from outside: one that is none must not become a path. */
function checkDigest(digest: Digest): void {
  if (!DIGEST_PATTERN.test(digest)) throw new MurmurError('not_found', `no blob has the digest ${digest}`);
}

/** Digests of which it is known that they are durable. The same bytes come again soon (an update that is done again, a round that changed nothing) or never. */
const REMEMBERED = 16;

export function createBlobStore(disk: Disk): BlobStore {
  // A file that an earlier process left may lack its last sync or have been damaged since: only what was written here is taken for durable.
  const durable = new Set<Digest>();
  const remember = (digest: Digest): void => {
    durable.add(digest);
    for (const oldest of durable) {
      if (durable.size <= REMEMBERED) break;
      durable.delete(oldest);
    }
  };
  const madeFolders = new Set<string>();
  return {
    async put(bytes) {
      const digest = asDigest(sha256Hex(bytes));
      const path = pathOf(digest);
      if (durable.has(digest) && (await disk.exists(path))) return digest;
      const folder = `blobs/${digest.slice(0, 2)}`;
      if (!madeFolders.has(folder)) await disk.makeFolder(folder);
      madeFolders.add(folder);
      await disk.writeAtomic(path, bytes);
      remember(digest);
      return digest;
    },
    async get(digest) {
      checkDigest(digest);
      const bytes = await disk.read(pathOf(digest));
      if (sha256Hex(bytes) !== digest) throw new MurmurError('storage_corrupt', `the blob ${digest} under ${disk.root} no longer has its digest; restore it from a backup`);
      return bytes;
    },
    async has(digest) {
      return DIGEST_PATTERN.test(digest) && disk.exists(pathOf(digest));
    },
    async remove(digest) {
      checkDigest(digest);
      durable.delete(digest);
      await disk.remove(pathOf(digest));
    },
  };
}
