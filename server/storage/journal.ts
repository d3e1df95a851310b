/**
 * The report journal: one append-only segment a round, written before a report is
 * acknowledged. A record is length, CRC-32 and the payload encrypted (AES-256-GCM) with
 * the round's key; destroying that key makes the segment unreadable wherever copies lie.
 */
import type { TaskId } from '../../shared/ids.ts';

export interface JournalSegment {
  /**
   * Resolves when the record is durable. Appends that wait at the same time share one fsync. Order of calls is order
   * in the segment. The pieces are read before the call returns.
   * @throws storage_failed: this record (and those of its group) will not be replayed, later appends work again as
   * soon as the disk does; unavailable when the segment is closed.
   */
  append(payload: readonly Uint8Array[]): Promise<void>;
  /**
   * The intact records in order, those that were durable when it began. A torn or corrupt tail was cut off when the
   * segment was opened, it is no error. @throws storage_corrupt for a record that was not torn but changed.
   */
  replay(): AsyncIterable<Uint8Array>;
  /** Closes the file when what waits is written; the segment stays. */
  close(): Promise<void>;
}

export interface ReportJournal {
  /**
   * Creates the round's segment or opens what a dead coordinator left. `key`: 32 bytes.
   * @throws conflict while it is open; storage_corrupt for a damaged header or another key than it was written with.
   */
  open(task: TaskId, round: number, key: Uint8Array): Promise<JournalSegment>;
  /** Closes and removes the round's segment: the last step of a commit or an abort. No error where there is none. */
  end(task: TaskId, round: number): Promise<void>;
  /** Rounds of the task that left a segment behind. */
  list(task: TaskId): Promise<readonly number[]>;
}
