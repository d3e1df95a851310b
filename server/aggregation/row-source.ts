/** Where the rows of a rule come from: all of them in memory since they arrived, or as many columns at a time as fit, from the journal. */
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import { decodeReport } from '../../shared/statistics/report-frame.ts';
import type { FieldValues, Statistic } from '../../shared/statistics/statistic.ts';
import type { JournalSegment } from '../storage/journal.ts';
import type { RowMemory } from './row-memory.ts';

export interface RowSource {
  readonly memory: RowMemory;
  /** The rows in which the reports lie, in the order of their assignments. */
  readonly order: readonly number[];
  /** Values of each report. */
  readonly size: number;
  /** Lays the columns from … to − 1 of every report into the memory. @returns bytes into a row at which column `from` lies */
  load(from: number, to: number): Promise<number>;
  /** Columns that can be loaded at a time. */
  readonly columns: number;
}

/** One of the vectors that a report has, which lie one behind the other in its row. */
interface PartOfRow {
  readonly name: string;
  readonly size: number;
}

/** Copies the columns from … to − 1 of a report's vectors to an address. */
export function copyColumns(vectors: readonly PartOfRow[], statistic: Pick<Statistic, 'fields'>, from: number, to: number, { heap }: RowMemory, address: number): void {
  let start = 0;
  for (const { name, size } of vectors) {
    const [first, end] = [Math.max(from, start), Math.min(to, start + size)];
    const values: FieldValues = statistic.fields[name];
    if (first < end) heap.set(first === start && end === start + size ? values : values.subarray(first - start, end - start), address / 4 + (first - from));
    start += size;
  }
}

export interface JournalRows {
  readonly segment: JournalSegment;
  readonly vectors: readonly PartOfRow[];
  readonly size: number;
  readonly memory: RowMemory;
  /** The assignments that count, in order. */
  readonly contains: readonly AssignmentId[];
}

/** Reads the whole segment for each window of columns: memory is bounded, time grows with the number of windows. */
export function rowsFromJournal({ segment, vectors, size, memory, contains }: JournalRows): RowSource {
  const rowOf = new Map(contains.map((id, row) => [id, row]));
  return {
    memory, size,
    order: contains.map((_, row) => row),
    columns: memory.width,
    async load(from, to) {
      const missing = new Map(rowOf);
      for await (const payload of segment.replay()) {
        const { assignment, statistic } = decodeReport(payload);
        const row = missing.get(assignment);
        // Journaled and too late: it does not count.
        if (row === undefined) continue;
        copyColumns(vectors, statistic, from, to, memory, memory.rowAt(row));
        missing.delete(assignment);
        if (missing.size === 0) return 0;
      }
      throw new MurmurError('storage_corrupt', `${missing.size} reports that count are not in the round’s journal, ${[...missing.keys()][0]} among them`);
    },
  };
}
