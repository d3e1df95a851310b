/** Forgets the weights of old versions, of which a long run would fill the disk: all but the first, the last few and those that have a label, the best one. */
import { toMurmurError, type MurmurError } from '../../shared/errors.ts';
import type { Digest, TaskId } from '../../shared/ids.ts';
import type { BlobStore } from '../../server/storage/blobs.ts';
import type { Store } from '../../server/storage/store.ts';

export interface VersionKeeper {
  /** A version was committed; one job after the other. */
  committed(version: number): void;
  /** Resolves once all of that is done. */
  settled(): Promise<void>;
}

export interface VersionKeeperOptions {
  readonly store: Pick<Store, 'getVersion' | 'listLabels'>;
  readonly blobs: Pick<BlobStore, 'remove'>;
  readonly task: TaskId;
  /** How many of the last ones stay; null: all. */
  readonly last: number | null;
  readonly onFailure: (error: MurmurError) => void;
}

export function createVersionKeeper({ store, blobs, task, last, onFailure }: VersionKeeperOptions): VersionKeeper {
  /** Blobs of the versions that stay: states that are alike are one blob. */
  const kept = new Map<number, readonly Digest[]>();
  let queue: Promise<void> = Promise.resolve();

  async function keep(version: number): Promise<void> {
    const record = await store.getVersion(task, version);
    if (record) kept.set(version, [record.checkpoint, record.serverState]);
  }

  async function forget(version: number): Promise<void> {
    const digests = kept.get(version) ?? [];
    kept.delete(version);
    const needed = new Set([...kept.values()].flat());
    for (const digest of digests) if (!needed.has(digest)) await blobs.remove(digest);
  }

  async function onCommitted(version: number, most: number): Promise<void> {
    if (kept.size === 0) await keep(0);
    await keep(version);
    const labelled = new Set(Object.values(await store.listLabels(task)));
    for (const one of [...kept.keys()]) if (one !== 0 && !labelled.has(one) && one <= version - most) await forget(one);
  }

  return {
    committed(version) {
      if (last === null) return;
      queue = queue.then(() => onCommitted(version, last)).catch((thrown: unknown) => onFailure(toMurmurError(thrown)));
    },
    settled: () => queue,
  };
}
