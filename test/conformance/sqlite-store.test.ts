/** SQLite, on disk and in memory, keeps the promises of `Store`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { sharedStoreConformance, storeConformance, type SharedStoreUnderTest } from './store.ts';

storeConformance('SQLite in memory', async () => {
  const store = await openSqliteStore(':memory:');
  return { store, dispose: () => store.close() };
});

async function onDisk(): Promise<SharedStoreUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'murmur-store-'));
  const path = join(folder, 'murmuration.db');
  // Gathering, as the coordinator's does.
  const store = await openSqliteStore(path, { gatherEdges: setImmediate });
  return {
    store,
    openAgain: () => openSqliteStore(path),
    dispose: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

storeConformance('SQLite on disk', onDisk);
sharedStoreConformance('SQLite on disk', onDisk);
