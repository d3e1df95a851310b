/** The disk's promises, kept by taking a file system's steps in the right order. */
import { MurmurError } from '../../shared/errors.ts';
import type { AppendFile, Disk } from './disk.ts';
import { storageFailure, systemCodeOf } from './disk-errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

/** Half-written files lie here, so that a folder of whole files never shows one, and a restart finds them to sweep away. */
export const TEMPORARY_FOLDER = '.tmp';

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** An empty name, one of dots, or a character that is none of a name's. */
const WRONG_PATH = /[\0\\]|(?:^|\/)\.{0,2}(?:\/|$)/;

/** A path that leaves the root is a mistake of the program, wherever its parts came from. */
function checkPath(path: string): void {
  if (WRONG_PATH.test(path)) throw new MurmurError('internal', `${JSON.stringify(path)} is no path on a disk: names with / between them are expected`);
}

export function createDiskOnFiles(files: FileSystem, options: { /** Another name at each call, also after a restart. */ readonly temporaryName: () => string }): Disk {
  const nameOf = (path: string): string => `${files.root}/${path}`;

  async function step<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
    checkPath(path);
    try {
      return await work();
    } catch (thrown) {
      throw storageFailure(thrown, action, nameOf(path));
    }
  }

  /** Reading what is not there is an answer of its own, not a failure. */
  async function reading(path: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    checkPath(path);
    try {
      return await work();
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') throw new MurmurError('not_found', `there is no file ${nameOf(path)}`, { cause: thrown });
      throw storageFailure(thrown, 'read', nameOf(path));
    }
  }

  async function makeFolders(path: string): Promise<void> {
    let made = '';
    for (const name of path.split('/')) {
      const parent = made;
      made = parent === '' ? name : `${parent}/${name}`;
      await files.makeFolder(made);
      // Also where it was there before: whoever made it may have died before its name was synced.
      await files.syncFolder(parent);
    }
  }

  function unlessMissing(thrown: unknown): void {
    if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
  }

  async function closeQuietly(file: OpenFile): Promise<void> {
    // What matters failed or was synced before; a close can add nothing to either.
    await file.close().catch(() => undefined);
  }

  return {
    root: files.root,

    makeFolder(path) {
      return step('make the folder', path, () => makeFolders(path));
    },

    openAppend(path) {
      return step('open', path, async () => {
        const file = await files.open(path, 'append');
        try {
          await files.syncFolder(folderOf(path));
          return createAppendFile(file, await file.size(), (action, work) => step(action, path, work));
        } catch (thrown) {
          await closeQuietly(file);
          throw thrown;
        }
      });
    },

    writeAtomic(path, content) {
      return step('write', path, async () => {
        const temporary = `${TEMPORARY_FOLDER}/${options.temporaryName()}`;
        await files.makeFolder(TEMPORARY_FOLDER);
        try {
          const file = await files.open(temporary, 'new');
          try {
            if (content instanceof Uint8Array) await file.write([content]);
            else for await (const piece of content) await file.write([piece]);
            await file.sync();
          } finally {
            await closeQuietly(file);
          }
          await files.rename(temporary, path);
        } catch (thrown) {
          await files.unlink(temporary).catch(() => undefined);
          throw thrown;
        }
        await files.syncFolder(folderOf(path));
      });
    },

    read(path) {
      return reading(path, () => files.read(path, 0, null));
    },

    readAt(path, offset, length) {
      return reading(path, () => files.read(path, offset, length));
    },

    exists(path) {
      return step('look for', path, () => files.exists(path));
    },

    list(path) {
      return step('list', path, async () => {
        try {
          return [...(await files.list(path))].sort();
        } catch (thrown) {
          if (systemCodeOf(thrown) === 'ENOENT') return [];
          throw thrown;
        }
      });
    },

    remove(path) {
      return step('remove', path, async () => {
        // Where it is gone already its folder is synced all the same: whoever removed it may have died before.
        await files.unlink(path).catch(unlessMissing);
        await files.syncFolder(folderOf(path)).catch(unlessMissing);
      });
    },
  };
}

function createAppendFile(file: OpenFile, sizeAtStart: number, step: <T>(action: string, work: () => Promise<T>) => Promise<T>): AppendFile {
  let size = sizeAtStart;
  return {
    get size() {
      return size;
    },
    append: (pieces) =>
      step('write to', async () => {
        try {
          await file.write(pieces);
          for (const piece of pieces) size += piece.byteLength;
        } catch (thrown) {
          // A part may be there: ask, so that whoever cuts it off knows of it.
          size = await file.size().catch(() => size);
          throw thrown;
        }
      }),
    sync: () => step('sync', () => file.sync()),
    cut: (to) =>
      step('cut', async () => {
        await file.truncate(to);
        size = to;
        await file.sync();
      }),
    close: () => step('close', () => file.close()),
  };
}
