/** A simulated disk that a folder is kept like keeps the promises of `Disk`, and the folder holds what it made last. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderMirror } from '../../simulations/faults/folder-mirror.ts';
import { createSimulatedDisk, type SimulatedDisk } from '../../simulations/faults/simulated-disk.ts';
import { createRandom } from '../../shared/random.ts';
import { diskConformance } from './disk.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'murmuration-mirror-'));
const diskIn = (folder: string): SimulatedDisk => createSimulatedDisk({ random: createRandom(1), mirror: createFolderMirror(folder) });

diskConformance('simulated and mirrored', async () => {
  const folder = await newFolder();
  return { disk: diskIn(folder), dispose: () => rm(folder, { recursive: true }) };
});

describe('a mirrored disk', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const there = async (folder: string): Promise<Record<string, string>> => {
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    return Object.fromEntries(await Promise.all(files.map(async (entry) => [entry.name, await readFile(join(entry.parentPath, entry.name), 'utf8')] as const)));
  };

  it('is the same disk again in another process: files written, lengthened, replaced and removed', async () => {
    const folder = await newFolder();
    try {
      const disk = diskIn(folder);
      await disk.makeFolder('a');
      await disk.writeAtomic('a/kept', bytes('kept'));
      await disk.writeAtomic('a/replaced', bytes('old'));
      await disk.writeAtomic('a/removed', bytes('gone'));
      const log = await disk.openAppend('log');
      await log.append([bytes('one')]);
      await log.sync();
      await disk.writeAtomic('a/replaced', bytes('new'));
      await disk.remove('a/removed');
      await log.append([bytes(' two')]);
      await log.sync();
      expect(await there(folder)).toEqual({ kept: 'kept', replaced: 'new', log: 'one two' });
      const again = diskIn(folder);
      expect(new TextDecoder().decode(await again.read('a/replaced'))).toBe('new');
      await again.remove('a/kept');
      expect(Object.keys(await there(folder)).sort()).toEqual(['log', 'replaced']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('has after a power cut what the cut left', async () => {
    const folder = await newFolder();
    try {
      const disk = diskIn(folder);
      const log = await disk.openAppend('log');
      await log.append([bytes('synced')]);
      await log.sync();
      await log.append([bytes(' and never synced, of which anything may be left')]);
      const after = disk.crash();
      const left = new TextDecoder('utf8').decode(await after.read('log'));
      expect(left.startsWith('synced')).toBe(true);
      expect((await there(folder)).log).toBe(left);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
