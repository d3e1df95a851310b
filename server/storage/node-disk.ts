/** The live disk: a data folder of Node's file system. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { randomBytes } from '#platform/crypto';
import { MurmurError } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import { storageFailure } from './disk-errors.ts';
import { createDiskOnFiles, TEMPORARY_FOLDER } from './disk-on-files.ts';
import { createNodeFiles } from './node-files.ts';
import type { Disk } from './disk.ts';
import type { FileSystem } from './file-system.ts';

/** Names that no other process and no earlier one of the same id uses. */
const temporaryPrefix = `${process.pid}-${toHex(randomBytes(8))}-`;
let temporaryFiles = 0;

/**
 * Makes the folder where it is missing (mode 0700) and sweeps away what a killed process left half-written.
 * @throws storage_failed with the path and the system's reason.
 */
export async function createNodeDisk(root: string): Promise<Disk> {
  const folder = resolve(root);
  try {
    await makeFolders(folder);
  } catch (thrown) {
    throw storageFailure(thrown, 'make the data folder', folder);
  }
  const files = createNodeFiles(folder);
  await sweepTemporaryFiles(files);
  return createDiskOnFiles(files, { temporaryName: () => `${temporaryPrefix}${temporaryFiles++}` });
}

/** Level by level: Node's own recursive mkdir never returns where a parent takes no folders (below /proc, say). */
async function makeFolders(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (!(await isThere(parent))) await makeFolders(parent);
  if (!(await isFolder(folder))) await mkdir(folder, { mode: 0o700 }).catch(unlessThere(folder));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}

/** Another process may have made it meanwhile. */
const unlessThere = (folder: string) => async (thrown: unknown): Promise<void> => {
  if (!(await isFolder(folder))) throw thrown;
};

const PROBE_BYTES = 64 * 1024;

/**
 * Writes, syncs, reads back and removes a small file, so that a full disk or a read-only folder is known before any edge is asked to work.
 * @throws storage_failed
 */
export async function checkWritable(disk: Disk): Promise<void> {
  const path = `probe-${toHex(randomBytes(6))}`;
  const written = randomBytes(PROBE_BYTES);
  try {
    const file = await disk.openAppend(path);
    try {
      await file.append([written]);
      await file.sync();
    } finally {
      await file.close();
    }
    const back = await disk.read(path);
    if (Buffer.compare(back, written) !== 0) throw new MurmurError('storage_failed', `${disk.root}/${path} read back other bytes than were written; check the disk`);
    await disk.remove(path);
  } catch (thrown) {
    await disk.remove(path).catch(() => undefined);
    const error = storageFailure(thrown, 'write to', disk.root);
    throw new MurmurError('storage_failed', `the data folder ${disk.root} cannot be used: ${error.message}`, { cause: error, details: error.details });
  }
}

/** Temporary names begin with the id of the process that writes them; those of a living one are its own business. */
async function sweepTemporaryFiles(files: FileSystem): Promise<void> {
  const names = await files.list(TEMPORARY_FOLDER).catch(() => []);
  for (const name of names) {
    const owner = Number.parseInt(name, 10);
    if (name.startsWith(temporaryPrefix) || (owner !== process.pid && isAlive(owner))) continue;
    // Best effort: what cannot be removed costs space, never correctness.
    await files.unlink(`${TEMPORARY_FOLDER}/${name}`).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}
