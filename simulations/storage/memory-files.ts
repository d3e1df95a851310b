/** A file system in memory that neither loses nor tears anything: what a simulation without faults writes to. */
import type { FileSystem, OpenFile } from '../../server/storage/file-system.ts';
import { SystemError } from './system-error.ts';

interface MemoryFile {
  /** The first `size` bytes are the file's; the rest is room. */
  bytes: Uint8Array;
  size: number;
}

export function createMemoryFiles(root = 'memory'): FileSystem {
  const files = new Map<string, MemoryFile>();
  const folders = new Set<string>(['']);
  /** Of a file that grew and is gone: the next round's journal grows as long, and fresh memory is what costs most about it. */
  let spare: Uint8Array | null = null;
  const fileAt = (path: string): MemoryFile => {
    const file = files.get(path);
    if (!file) throw new SystemError('ENOENT', path);
    return file;
  };
  const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

  function write(file: MemoryFile, pieces: readonly Uint8Array[]): void {
    const size = pieces.reduce((sum, piece) => sum + piece.byteLength, file.size);
    if (size > file.bytes.byteLength) {
      const grown = roomFor(file, size);
      grown.set(file.bytes.subarray(0, file.size));
      file.bytes = grown;
    }
    for (const piece of pieces) {
      file.bytes.set(piece, file.size);
      file.size += piece.byteLength;
    }
  }

  /** A file that is written once has no room to spare; one that grows doubles. */
  function roomFor(file: MemoryFile, size: number): Uint8Array {
    if (file.size === 0) return new Uint8Array(size);
    if (spare === null || spare.byteLength < size) return new Uint8Array(Math.max(size, 2 * file.bytes.byteLength));
    const room = spare;
    spare = null;
    return room;
  }

  const openFile = (file: MemoryFile): OpenFile => ({
    size: async () => file.size,
    write: async (pieces) => write(file, pieces),
    sync: async () => undefined,
    truncate: async (size) => {
      file.size = Math.min(file.size, size);
    },
    close: async () => undefined,
  });

  return {
    root,
    async makeFolder(path) {
      if (files.has(path)) throw new SystemError('EEXIST', path);
      folders.add(path);
    },
    syncFolder: async () => undefined,
    async open(path, mode) {
      if (mode === 'new' && files.has(path)) throw new SystemError('EEXIST', path);
      if (!files.has(path)) {
        if (mode === 'existing' || !folders.has(parentOf(path))) throw new SystemError('ENOENT', path);
        files.set(path, { bytes: new Uint8Array(0), size: 0 });
      }
      return openFile(fileAt(path));
    },
    async rename(from, to) {
      files.set(to, fileAt(from));
      files.delete(from);
    },
    async unlink(path) {
      const file = fileAt(path);
      files.delete(path);
      if (file.bytes.byteLength > Math.max(file.size, spare?.byteLength ?? 0)) spare = file.bytes;
      // Whoever has it open still shares nothing with the next one.
      file.bytes = new Uint8Array(0);
      file.size = 0;
    },
    async read(path, offset, length) {
      const { bytes, size } = fileAt(path);
      return bytes.slice(offset, length === null ? size : Math.min(size, offset + length));
    },
    exists: async (path) => files.has(path) || folders.has(path),
    async list(path) {
      if (!folders.has(path)) throw new SystemError('ENOENT', path);
      return [...files.keys(), ...folders].filter((name) => name !== '' && parentOf(name) === path).map((name) => name.slice(path === '' ? 0 : path.length + 1));
    },
  };
}
