/** Writes what a command exports; a failure names the path and the reason. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MurmurError } from '../shared/errors.ts';

/** @throws storage_failed */
export async function writeExport(path: string, bytes: Uint8Array): Promise<void> {
  const full = resolve(path);
  try {
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, bytes);
  } catch (error) {
    throw new MurmurError('storage_failed', `${full} cannot be written: ${error instanceof Error ? error.message : String(error)}; choose another place with --out`, { cause: error });
  }
}

/** The first file is the one by which the others are found: it is written last. @throws storage_failed */
export async function writeExportFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const [index, ...others] = files;
  for (const [name, bytes] of [...others, index]) await writeExport(join(folder, name), bytes);
}
