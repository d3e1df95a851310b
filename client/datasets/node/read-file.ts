/** Reads a file of the owner's, with errors that say what to do. */
import { readFile } from 'node:fs/promises';
import { MurmurError } from '../../../shared/errors.ts';

/** @throws bad_dataset naming the file and why it cannot be read. */
export async function readDatasetFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new MurmurError('bad_dataset', `${file}: ${whyUnreadable(cause)}`, { cause, details: { file } });
  }
}

export function whyUnreadable(cause: unknown): string {
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'ENOENT':
      return 'there is no such file or folder; paths are taken from the working directory';
    case 'EACCES':
    case 'EPERM':
      return 'it may not be read: check its permissions';
    case 'EISDIR':
      return 'it is a folder, a file is expected';
    case 'ENOTDIR':
      return 'it is a file, a folder is expected';
    default:
      return `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
  }
}
