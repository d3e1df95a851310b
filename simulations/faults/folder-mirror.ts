/**
 * Keeps a real folder like the files of a simulated disk, so that a simulation whose disk tears and loses things can be
 * interrupted and resumed all the same. It is brought up to date whenever the simulated disk makes something last: what the
 * store knows of afterwards is then there.
 */
import * as fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Piece, SimulatedFile } from './simulated-content.ts';

/** A file, or a folder. */
export type MirroredNode = Pick<SimulatedFile, 'kind' | 'live'> | { readonly kind: 'folder' };

export interface FolderMirror {
  /** What lies there, folders before what is in them. */
  load(): readonly (readonly [path: string, pieces: readonly Piece[] | null])[];
  /** Writes, lengthens and removes what differs from these. */
  update(names: ReadonlyMap<string, MirroredNode>): void;
}

export function createFolderMirror(root: string): FolderMirror {
  /** The pieces that the folder's files consist of: they never change, so that the same list is the same file. */
  const written = new Map<string, readonly Piece[]>();
  const at = (path: string): string => join(root, path);

  function write(path: string, live: readonly Piece[]): void {
    const there = written.get(path);
    if (there === live) return;
    const isLonger = there !== undefined && there.length <= live.length && there.every((piece, index) => live[index] === piece);
    fs.mkdirSync(dirname(at(path)), { recursive: true });
    const file = fs.openSync(at(path), isLonger ? 'a' : 'w', 0o600);
    try {
      for (const { bytes } of isLonger ? live.slice(there.length) : live) fs.writeSync(file, bytes);
    } finally {
      fs.closeSync(file);
    }
    written.set(path, live);
  }

  return {
    load() {
      fs.mkdirSync(root, { recursive: true });
      const found = fs.readdirSync(root, { recursive: true, withFileTypes: true });
      const nodes = found.map((entry): readonly [string, readonly Piece[] | null] => {
        const path = relative(root, join(entry.parentPath, entry.name));
        if (entry.isDirectory()) return [path, null];
        const pieces = [{ bytes: fs.readFileSync(at(path)) }];
        written.set(path, pieces);
        return [path, pieces];
      });
      return nodes.sort(([a], [b]) => a.length - b.length);
    },
    update(names) {
      for (const path of written.keys()) {
        if (names.get(path)?.kind === 'file') continue;
        fs.rmSync(at(path), { force: true });
        written.delete(path);
      }
      for (const [path, node] of names) {
        if (node.kind === 'file') write(path, node.live);
        else fs.mkdirSync(at(path), { recursive: true });
      }
    },
  };
}
