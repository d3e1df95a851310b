/**
 * The disk as a dependency: the few operations that durability rests on. The live one is
 * Node's file system; the simulated one loses and tears what was not synced.
 * Paths are relative to the disk's root, with `/` between names.
 */

export interface AppendFile {
  /** Bytes in the file, appended ones included. */
  readonly size: number;
  /** Appends the pieces in order; they are readable at once, durable after `sync`. */
  append(pieces: readonly Uint8Array[]): Promise<void>;
  /** Resolves when all that was appended before the call would survive a power cut. */
  sync(): Promise<void>;
  /** Cuts the file to `size` bytes, durably, and appends go on from there. The file that was opened, whatever has its name by now. */
  cut(size: number): Promise<void>;
  close(): Promise<void>;
}

/** Every failure is `storage_failed` with the path and the system's reason (full, read-only, …). */
export interface Disk {
  /** For people: where this disk lies. */
  readonly root: string;
  /** Makes the folder and its parents, durably. */
  makeFolder(path: string): Promise<void>;
  /** Creates the file durably, or opens it to append behind what it holds. An append that failed may have left a part of its bytes. */
  openAppend(path: string): Promise<AppendFile>;
  /** Writes a temporary file, syncs it, renames it, syncs the folder: after it resolves the file is there whole, and never half. */
  writeAtomic(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** @throws not_found */
  read(path: string): Promise<Uint8Array>;
  /** `length` bytes from `offset`; fewer where the file ends before. @throws not_found */
  readAt(path: string, offset: number, length: number): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty where there is none. */
  list(path: string): Promise<readonly string[]>;
  /** Durably; no error where there is no such file. */
  remove(path: string): Promise<void>;
}
