/** Scalars over steps in a file that TensorBoard reads, also while it grows. */
import type { Clock } from '../../../shared/clock.ts';
import { MurmurError } from '../../../shared/errors.ts';
import type { AppendFile } from '../../storage/disk.ts';
import { fileVersionEvent, scalarEvent, sessionStartEvent } from './event.ts';
import { encodeRecord } from './record.ts';

/** Where the bytes go; a file of a Disk is one. */
export type EventSink = Pick<AppendFile, 'append' | 'close'>;

export interface EventWriter {
  /**
   * Noted at once, written by the next `flush`. Tags with a `/` are grouped by what stands before it.
   * @param step a whole number from 0, growing for each tag
   * @param value kept as a float32: whole numbers are exact up to 2^24
   * @param wallSeconds since the epoch; now, by the clock, unless given
   * @throws internal for a step that is none, or after `close`
   */
  scalar(tag: string, step: number, value: number, wallSeconds?: number): void;
  /**
   * Resolves when all that was noted before is in the file. Where that failed, the file may end in half a record, behind which no reader
   * looks: the writer is of no more use, and another one begins another file.
   * @throws storage_failed, then and each time after
   */
  flush(): Promise<void>;
  /** Flushes, and closes the file in any case; again does nothing. */
  close(): Promise<void>;
}

export interface EventWriterOptions {
  /**
   * First step that this session writes, 0 unless given. A run that is resumed gets a file beside the earlier ones; of those,
   * TensorBoard then drops what they say of this step and later ones.
   */
  readonly firstStep?: number;
}

export function createEventWriter(sink: EventSink, clock: Pick<Clock, 'now'>, { firstStep = 0 }: EventWriterOptions = {}): EventWriter {
  const now = (): number => clock.now() / 1000;
  let noted: Uint8Array[] = [encodeRecord(fileVersionEvent(now())), encodeRecord(sessionStartEvent(now(), firstStep))];
  let written: Promise<void> = Promise.resolve();
  let closed: Promise<void> | null = null;

  const write = async (): Promise<void> => {
    const records = noted;
    noted = [];
    if (records.length > 0) await sink.append(records);
  };

  return {
    scalar(tag, step, value, wallSeconds = now()) {
      if (closed !== null) throw new MurmurError('internal', `the event file is closed: ${tag} at step ${step} comes too late`);
      noted.push(encodeRecord(scalarEvent(wallSeconds, step, { tag, value })));
    },
    // One after the other; behind a failed one there are no more.
    flush: () => (written = written.then(write)),
    close: () => (closed ??= (written = written.then(write)).finally(() => sink.close())),
  };
}
