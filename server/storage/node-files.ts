/** Node's file system as the steps that a disk is built of. Folders have mode 0700, files 0600: statistics are nobody else's business. */
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem, OpenFile } from './file-system.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const OPEN_FLAGS = { append: constants.O_CREAT, existing: 0, new: constants.O_CREAT | constants.O_EXCL } as const;

function toOpenFile(handle: FileHandle): OpenFile {
  return {
    size: async () => (await handle.stat()).size,
    write: (pieces) => writeWhole(handle, pieces),
    // The size is among what fdatasync keeps; times are not, and nobody reads those.
    sync: () => handle.datasync(),
    truncate: (size) => handle.truncate(size),
    close: () => handle.close(),
  };
}

/** writev may take a part only (a signal, a nearly full disk): goes on behind it until all is written. */
async function writeWhole(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces.filter((piece) => piece.byteLength > 0);
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    let done = 0;
    while (done < rest.length && bytesWritten >= rest[done].byteLength) bytesWritten -= rest[done++].byteLength;
    rest = rest.slice(done);
    if (bytesWritten > 0) rest[0] = rest[0].subarray(bytesWritten);
  }
}

export function createNodeFiles(root: string): FileSystem {
  const at = (path: string): string => join(root, path);

  async function withHandle<T>(path: string, flags: number, work: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await open(at(path), constants.O_RDONLY | flags);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }

  return {
    root,
    async makeFolder(path) {
      try {
        await mkdir(at(path), { mode: FOLDER_MODE });
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(at(path))).isDirectory()) throw thrown;
      }
    },
    syncFolder: (path) => withHandle(path, constants.O_DIRECTORY, (handle) => handle.sync()),
    async open(path, mode) {
      return toOpenFile(await open(at(path), constants.O_WRONLY | constants.O_APPEND | OPEN_FLAGS[mode], FILE_MODE));
    },
    rename: (from, to) => rename(at(from), at(to)),
    unlink: (path) => unlink(at(path)),
    async read(path, offset, length) {
      if (length === null && offset === 0) return readFile(at(path));
      return withHandle(path, 0, async (handle) => {
        const wanted = Math.max(0, Math.min(length ?? Number.POSITIVE_INFINITY, (await handle.stat()).size - offset));
        const bytes = Buffer.allocUnsafe(wanted);
        let filled = 0;
        while (filled < wanted) {
          const { bytesRead } = await handle.read(bytes, filled, wanted - filled, offset + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      });
    },
    async exists(path) {
      try {
        await access(at(path), constants.F_OK);
        return true;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw thrown;
      }
    },
    list: (path) => readdir(at(path)),
  };
}
