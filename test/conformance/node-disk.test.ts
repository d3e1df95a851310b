/** Node's file system keeps the promises of `Disk`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { diskConformance } from './disk.ts';

diskConformance('Node’s file system', async () => {
  const root = await mkdtemp(join(tmpdir(), 'murmur-disk-'));
  return { disk: await createNodeDisk(join(root, 'data')), dispose: () => rm(root, { recursive: true }) };
});
