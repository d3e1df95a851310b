/**
 * What a disk is built of: single steps, each of which the power may cut off from the next.
 * The order in which `disk-on-files.ts` takes these steps is what makes a write durable; Node's
 * file system and the simulated one differ in the steps alone, so that what is proved about
 * that order on the simulated one holds for the real one.
 *
 * Steps throw errors with the system's `code` (`ENOENT`, `ENOSPC`, …). Paths are as in `disk.ts`; '' is the root.
 */

export interface OpenFile {
  size(): Promise<number>;
  /** Writes the pieces at the end of the file, whole; when it throws, a part of them may be there. */
  write(pieces: readonly Uint8Array[]): Promise<void>;
  /** What was written and cut survives a power cut. Says nothing of the file's name. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileSystem {
  /** For people: where it lies. */
  readonly root: string;
  /** One folder; no error where it is there already. @throws EEXIST where a file has the name. */
  makeFolder(path: string): Promise<void>;
  /** The names in the folder (created, renamed, removed ones) survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** `append` creates the file where there is none; `existing` throws ENOENT then, `new` EEXIST where there is one. */
  open(path: string, mode: 'append' | 'existing' | 'new'): Promise<OpenFile>;
  /** Replaces what has the new name. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** `length` bytes from `offset`, fewer where the file ends; all of it where `length` is null. */
  read(path: string, offset: number, length: number | null): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** Names of a folder in any order. */
  list(path: string): Promise<readonly string[]>;
}
