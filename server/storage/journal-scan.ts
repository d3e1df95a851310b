/** Reads a segment's records one by one, in windows: never the whole segment, however many reports it holds. */
import type { Disk } from './disk.ts';
import { bodyLength, isIntact, PREFIX_BYTES } from './journal-records.ts';

const WINDOW_BYTES = 1 << 20;

export interface ScannedRecord {
  readonly offset: number;
  /** Where the next record begins. */
  readonly end: number;
  /** Valid until the next record is asked for. */
  readonly body: Uint8Array;
}

/** The intact records between `start` and `end`; ends before the first that is not. */
export async function* scanRecords(disk: Disk, path: string, start: number, end: number): AsyncGenerator<ScannedRecord, void, void> {
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = start;

  async function bytesAt(offset: number, length: number): Promise<Uint8Array> {
    if (offset < windowStart || offset + length > windowStart + window.byteLength) {
      window = await disk.readAt(path, offset, Math.min(Math.max(length, WINDOW_BYTES), end - offset));
      windowStart = offset;
    }
    return window.subarray(offset - windowStart, offset - windowStart + length);
  }

  for (let offset = start; offset + PREFIX_BYTES <= end; ) {
    const prefix = await bytesAt(offset, PREFIX_BYTES);
    const length = bodyLength(prefix);
    if (length === null || offset + PREFIX_BYTES + length > end) return;
    const record = await bytesAt(offset, PREFIX_BYTES + length);
    const body = record.subarray(PREFIX_BYTES);
    // The file may have become shorter than it said.
    if (body.byteLength < length || !isIntact(record, body)) return;
    const next = offset + PREFIX_BYTES + length;
    yield { offset, end: next, body };
    offset = next;
  }
}
