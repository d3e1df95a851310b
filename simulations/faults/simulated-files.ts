/**
 * A file system in memory that knows what would survive a power cut. What was written is visible at once
 * and lasts once it was synced; until then a crash loses it, keeps a part of it, or leaves garbage in its place.
 */
import type { FileSystem, OpenFile } from '../../server/storage/file-system.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { FolderMirror } from './folder-mirror.ts';
import { afterCrash, createFile, cut, failSync, join, lengthOf, type SimulatedFile } from './simulated-content.ts';
import { SystemError } from '../storage/system-error.ts';

/** The steps that can fail, be counted, and be cut off from the next by a crash. */
export const FILE_STEPS = ['makeFolder', 'syncFolder', 'open', 'write', 'sync', 'truncate', 'close', 'rename', 'remove', 'read', 'list'] as const;
export type FileStep = (typeof FILE_STEPS)[number];

interface FolderNode {
  readonly kind: 'folder';
}

type Node = SimulatedFile | FolderNode;

/** A change of names that no folder sync has made certain yet. */
interface NameChange {
  readonly removes: string | null;
  readonly adds: { readonly path: string; readonly node: Node } | null;
}

export interface SimulatedFiles extends FileSystem {
  /** Called before each step is taken; may crash or kill. */
  onStep: ((step: FileStep, path: string) => void) | null;
  /** Awaited before each step: a process that is suspended takes none until it goes on, and a slow disk takes its time. */
  gate: ((step: FileStep) => Promise<void> | null) | null;
  /** Bytes that writes may still take; null: no end. */
  space: number | null;
  /** The next step of that kind throws an error with this system code. */
  failNext(step: FileStep, code: string): void;
  /** Cuts the power: every later step of this file system fails, and the one returned is what a restart finds. */
  crash(): SimulatedFiles;
  /** Kills the process: every later step of it fails; its successor finds all that was written, synced or not. */
  kill(): SimulatedFiles;
  /** The same contents as another process sees them, while this one goes on. */
  another(): SimulatedFiles;
}

const ROOT = '';
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** @param mirror a folder that is kept like these files, and whose files are there from the start */
export function createSimulatedFiles(random: RandomSource, root: string, mirror: FolderMirror | null = null): SimulatedFiles {
  const names = new Map<string, Node>([[ROOT, { kind: 'folder' }]]);
  for (const [path, pieces] of mirror?.load() ?? []) names.set(path, pieces === null ? { kind: 'folder' } : createFile(pieces));
  return filesOver({ names, lasting: new Map(names), pending: [], mirror }, random, root);
}

interface Contents {
  /** As every reader sees them. */
  readonly names: Map<string, Node>;
  /** As the platter has them. */
  readonly lasting: Map<string, Node>;
  pending: readonly NameChange[];
  readonly mirror: FolderMirror | null;
}

function filesOver(contents: Contents, random: RandomSource, root: string): SimulatedFiles {
  const { names, lasting } = contents;
  const failures = new Map<FileStep, string[]>();
  /** Why nothing works any more; null while it does. */
  let ended: SystemError | null = null;

  /** Every step yields once before it takes effect, so that others run and crashes fall between steps. */
  async function begin(step: FileStep, path: string): Promise<void> {
    await (files.gate?.(step) ?? Promise.resolve());
    files.onStep?.(step, path);
    if (ended !== null) throw ended;
    const code = failures.get(step)?.shift();
    if (code !== undefined) throw new SystemError(code, `${step} ${path} was made to fail`);
  }

  function fileAt(path: string): SimulatedFile {
    const node = nodeAt(path);
    if (node.kind === 'folder') throw new SystemError('EISDIR', path);
    return node;
  }

  function nodeAt(path: string): Node {
    checkParent(path);
    const node = names.get(path);
    if (node === undefined) throw new SystemError('ENOENT', path);
    return node;
  }

  function checkParent(path: string): void {
    for (let folder = parentOf(path); folder !== ROOT; folder = parentOf(folder)) {
      if (names.get(folder)?.kind === 'file') throw new SystemError('ENOTDIR', path);
    }
    if (path !== ROOT && !names.has(parentOf(path))) throw new SystemError('ENOENT', path);
  }

  function change(removes: string | null, adds: NameChange['adds']): void {
    if (removes !== null) names.delete(removes);
    if (adds !== null) names.set(adds.path, adds.node);
    contents.pending = [...contents.pending, { removes, adds }];
  }

  function settle(done: NameChange): void {
    if (done.removes !== null) lasting.delete(done.removes);
    if (done.adds !== null) lasting.set(done.adds.path, done.adds.node);
  }

  /** Makes the changes that `isDue` certain, and forgets those that they overtake: a name that is gone for certain was never given. */
  function settleDue(isDue: (waiting: NameChange) => boolean): void {
    const due = contents.pending.filter(isDue);
    due.forEach(settle);
    const gone = new Set(due.map(({ removes }) => removes));
    contents.pending = contents.pending.filter((waiting) => !due.includes(waiting) && !(waiting.removes === null && waiting.adds !== null && gone.has(waiting.adds.path) && !names.has(waiting.adds.path)));
  }

  const files: SimulatedFiles = {
    root,
    onStep: null,
    gate: null,
    space: null,
    failNext(step, code) {
      const waiting = failures.get(step) ?? [];
      failures.set(step, [...waiting, code]);
    },

    async makeFolder(path) {
      await begin('makeFolder', path);
      checkParent(path);
      const there = names.get(path);
      if (there?.kind === 'file') throw new SystemError('EEXIST', path);
      if (there === undefined) change(null, { path, node: { kind: 'folder' } });
    },

    async syncFolder(path) {
      await begin('syncFolder', path);
      if (nodeAt(path).kind === 'file') throw new SystemError('ENOTDIR', path);
      const touches = ({ removes, adds }: NameChange): boolean => (removes !== null && parentOf(removes) === path) || (adds !== null && parentOf(adds.path) === path);
      settleDue(touches);
      contents.mirror?.update(names);
    },

    async open(path, mode) {
      await begin('open', path);
      checkParent(path);
      if (mode === 'new' && names.has(path)) throw new SystemError('EEXIST', path);
      if (!names.has(path) && mode !== 'existing') change(null, { path, node: createFile([]) });
      return openFile(fileAt(path), path);
    },

    async rename(from, to) {
      await begin('rename', to);
      const node = fileAt(from);
      checkParent(to);
      if (names.get(to)?.kind === 'folder') throw new SystemError('EISDIR', to);
      change(from, { path: to, node });
    },

    async unlink(path) {
      await begin('remove', path);
      fileAt(path);
      change(path, null);
    },

    async read(path, offset, length) {
      await begin('read', path);
      const whole = join(fileAt(path).live);
      return whole.slice(offset, length === null ? undefined : offset + length);
    },

    async exists(path) {
      await begin('read', path);
      checkParentOrMissing(path);
      return names.has(path);
    },

    async list(path) {
      await begin('list', path);
      if (nodeAt(path).kind === 'file') throw new SystemError('ENOTDIR', path);
      return [...names.keys()].filter((name) => name !== ROOT && parentOf(name) === path).map((name) => name.slice(path === ROOT ? 0 : path.length + 1));
    },

    crash() {
      ended = new SystemError('EPOWER', 'the power is out');
      // Changes of names reach the platter in an order of their own until their folder is synced.
      for (const waiting of contents.pending) if (random.next() < 0.5) settle(waiting);
      const found = new Map<string, Node>();
      for (const [path, node] of lasting) {
        if (!isReachable(path, lasting)) continue;
        found.set(path, node.kind === 'folder' ? node : afterCrash(node, random));
      }
      contents.mirror?.update(found);
      return filesOver({ names: found, lasting: new Map(found), pending: [], mirror: contents.mirror }, random, root);
    },

    kill() {
      ended = new SystemError('EKILLED', 'the process was killed');
      // The very contents: what a killed process had begun is done all the same, and its successor's sync makes it last.
      return filesOver(contents, random, root);
    },

    another: () => filesOver(contents, random, root),
  };

  function checkParentOrMissing(path: string): void {
    try {
      checkParent(path);
    } catch (thrown) {
      if (!(thrown instanceof SystemError && thrown.code === 'ENOENT')) throw thrown;
    }
  }

  function openFile(file: SimulatedFile, path: string): OpenFile {
    let open = true;
    async function beginOpen(step: FileStep): Promise<void> {
      await begin(step, path);
      if (!open) throw new SystemError('EBADF', `${path} is closed`);
    }
    return {
      async size() {
        await beginOpen('read');
        return lengthOf(file.live);
      },
      async write(pieces) {
        // Copied at once: the caller has its pieces back when the write resolves, whatever it does with them.
        const bytes = join(pieces.map((piece) => ({ bytes: piece })));
        await beginOpen('write');
        const room = files.space === null ? bytes.byteLength : Math.min(bytes.byteLength, files.space);
        if (files.space !== null) files.space -= room;
        if (room > 0) file.live = [...file.live, { bytes: bytes.subarray(0, room) }];
        if (room < bytes.byteLength) throw new SystemError('ENOSPC', path);
      },
      async sync() {
        try {
          await beginOpen('sync');
        } catch (thrown) {
          // Nobody synced anything where there was nobody any more.
          if (ended !== null) throw thrown;
          failSync(file);
          throw thrown;
        }
        file.synced = file.live;
        contents.mirror?.update(names);
      },
      async truncate(size) {
        await beginOpen('truncate');
        file.live = cut(file, size);
      },
      async close() {
        await beginOpen('close');
        open = false;
      },
    };
  }

  return files;
}

function isReachable(path: string, names: ReadonlyMap<string, Node>): boolean {
  for (let folder = path; folder !== ROOT; ) {
    folder = parentOf(folder);
    if (names.get(folder)?.kind !== 'folder') return false;
  }
  return true;
}
