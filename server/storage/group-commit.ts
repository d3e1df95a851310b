/**
 * Appends that wait at the same time share one write and one sync; while a sync runs, the next group gathers.
 * So a disk that takes 5 ms to sync serves any number of edges at 200 groups a second.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { AppendFile, Disk } from './disk.ts';

export interface GroupCommit {
  /** The file up to here survives a power cut. */
  readonly durableSize: number;
  /** Resolves when the pieces are durable; rejects when their group could not be written. */
  append(pieces: readonly Uint8Array[]): Promise<void>;
  /** Waits for what was appended, then closes the file. */
  close(): Promise<void>;
}

interface Waiting {
  readonly pieces: readonly Uint8Array[];
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

/** `opened` is the file at `path`, all of it durable; it is the group commit's from now on. */
export function createGroupCommit(disk: Disk, path: string, opened: AppendFile): GroupCommit {
  /** null after a group failed and its remains could not be cut off yet. */
  let file: AppendFile | null = opened;
  let durableSize = opened.size;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let closed = false;

  /**
   * A failed write leaves a part behind, and after a failed sync nobody knows what reached the disk (the system may
   * take lost pages for written): nothing behind the last good sync may stay.
   */
  async function cutBack(): Promise<AppendFile> {
    await disk.truncate(path, durableSize);
    return disk.openAppend(path);
  }

  async function write(group: readonly Waiting[]): Promise<void> {
    const target = (file ??= await cutBack());
    try {
      await target.append(group.length === 1 ? group[0].pieces : group.flatMap(({ pieces }) => pieces));
      await target.sync();
      durableSize = target.size;
    } catch (thrown) {
      file = null;
      await target.close().catch(() => undefined);
      // Where even that fails now, the next group tries it again before it writes.
      file = await cutBack().catch(() => null);
      throw thrown;
    }
  }

  async function writeGroups(): Promise<void> {
    // Whoever appends in the same turn belongs to the first group.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await write(group);
        for (const { resolve } of group) resolve();
      } catch (thrown) {
        for (const { reject } of group) reject(thrown);
      }
    }
    writing = null;
  }

  return {
    get durableSize() {
      return durableSize;
    },
    append(pieces) {
      if (closed) return Promise.reject(new MurmurError('unavailable', `${disk.root}/${path} is closed`));
      return new Promise((resolve, reject) => {
        waiting.push({ pieces, resolve, reject });
        writing ??= writeGroups();
      });
    },
    async close() {
      closed = true;
      await writing;
      await file?.close();
      file = null;
    },
  };
}
