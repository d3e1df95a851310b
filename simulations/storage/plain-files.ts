/**
 * A folder of the real file system, for a simulation that can be resumed. Every step is done when it returns, in the order
 * in which it was asked for, so that a run does not depend on how fast a disk is; and nothing is synced: what a killed
 * process wrote is there, and to lose the last seconds of an experiment to a power cut is no harm.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { FileSystem, OpenFile } from '../../server/storage/file-system.ts';

const FLAGS = { append: 'a', existing: 'r+', new: 'wx' } as const;

export function createPlainFiles(root: string): FileSystem {
  const at = (path: string): string => join(root, path);

  const openFile = (file: number): OpenFile => ({
    size: async () => fs.fstatSync(file).size,
    async write(pieces) {
      let position = fs.fstatSync(file).size;
      for (const piece of pieces) {
        for (let from = 0; from < piece.byteLength; ) {
          const written = fs.writeSync(file, piece, from, piece.byteLength - from, position);
          from += written;
          position += written;
        }
      }
    },
    sync: async () => undefined,
    truncate: async (size) => fs.ftruncateSync(file, size),
    close: async () => fs.closeSync(file),
  });

  return {
    root,
    async makeFolder(path) {
      fs.mkdirSync(at(path), { recursive: true });
    },
    syncFolder: async () => undefined,
    open: async (path, mode) => openFile(fs.openSync(at(path), FLAGS[mode], 0o600)),
    rename: async (from, to) => fs.renameSync(at(from), at(to)),
    unlink: async (path) => fs.unlinkSync(at(path)),
    async read(path, offset, length) {
      if (offset === 0 && length === null) return fs.readFileSync(at(path));
      const file = fs.openSync(at(path), 'r');
      try {
        const wanted = Math.max(0, Math.min(length ?? Infinity, fs.fstatSync(file).size - offset));
        const bytes = new Uint8Array(wanted);
        const read = fs.readSync(file, bytes, 0, wanted, offset);
        return bytes.subarray(0, read);
      } finally {
        fs.closeSync(file);
      }
    },
    exists: async (path) => fs.existsSync(at(path)),
    list: async (path) => fs.readdirSync(at(path)),
  };
}
