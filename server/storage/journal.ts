/**
 * The report journal: one append-only segment a round, written before a report is
 * acknowledged. A record is length, CRC-32 and the payload encrypted (AES-256-GCM) with
 * the round's key; destroying that key makes the segment unreadable wherever copies lie.
 */
import type { TaskId } from '../../shared/ids.ts';

export interface JournalSegment {
  /** Resolves when the record is durable. Appends that wait at the same time share one fsync. Order of calls is order in the segment. */
  append(payload: readonly Uint8Array[]): Promise<void>;
  /** The intact records in order; a torn or corrupt tail ends the replay (and is cut off), it is no error. */
  replay(): AsyncIterable<Uint8Array>;
  /** Closes the file; the segment stays. */
  close(): Promise<void>;
}

export interface ReportJournal {
  /** Creates the round's segment or opens what a dead coordinator left. `key`: 32 bytes. */
  open(task: TaskId, round: number, key: Uint8Array): Promise<JournalSegment>;
  /** Removes the round's segment: the last step of a commit or an abort. No error where there is none. */
  end(task: TaskId, round: number): Promise<void>;
  /** Rounds of the task that left a segment behind. */
  list(task: TaskId): Promise<readonly number[]>;
}
