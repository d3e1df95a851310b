/**
 * Appends that wait at the same time share one write and one sync; while a sync runs, the next group gathers.
 * So a disk that takes 5 ms to sync serves any number of edges at 200 groups a second.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { AppendFile } from './disk.ts';

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

/** @param file all of it durable; it is the group commit's from now on. `name`: for people */
export function createGroupCommit(file: AppendFile, name: string): GroupCommit {
  /** What a group that failed left could not be cut off yet. */
  let remains = false;
  let durableSize = file.size;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let closed = false;

  /**
   * A failed write leaves a part behind, and after a failed sync nobody knows what reached the disk (the system may
   * take lost pages for written): nothing behind the last good sync may stay. By the open file, never by its name: where
   * another coordinator has taken the task over meanwhile, the name is that of a file of its own.
   */
  async function cutBack(): Promise<void> {
    remains = true;
    await file.cut(durableSize);
    remains = false;
  }

  async function write(group: readonly Waiting[]): Promise<void> {
    if (remains) await cutBack();
    try {
      await file.append(group.length === 1 ? group[0].pieces : group.flatMap(({ pieces }) => pieces));
      await file.sync();
      durableSize = file.size;
    } catch (thrown) {
      // Where even that fails now, the next group tries it again before it writes.
      await cutBack().catch(() => undefined);
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
      if (closed) return Promise.reject(new MurmurError('unavailable', `${name} is closed`));
      return new Promise((resolve, reject) => {
        waiting.push({ pieces, resolve, reject });
        writing ??= writeGroups();
      });
    },
    async close() {
      closed = true;
      await writing;
      await file.close();
    },
  };
}
