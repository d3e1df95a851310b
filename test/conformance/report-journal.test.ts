/** The report journal over the live disk and over the simulated one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import { createRandom } from '../../shared/random.ts';
import { createSimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { journalConformance } from './journal.ts';

journalConformance('on a simulated disk', async () => ({ disk: createSimulatedDisk({ random: createRandom(1) }), dispose: async () => undefined }));

journalConformance('on Node’s file system', async () => {
  const root = await mkdtemp(join(tmpdir(), 'murmur-journal-'));
  return { disk: await createNodeDisk(root), dispose: () => rm(root, { recursive: true }) };
});
