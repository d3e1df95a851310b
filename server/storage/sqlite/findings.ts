/** What was found to be wrong with tasks, from when to when. */
import type Database from 'better-sqlite3';
import type { TaskId } from '../../../shared/ids.ts';
import type { FindingRecord } from '../../diagnosis/finding-record.ts';
import type { Finding } from '../../diagnosis/reading.ts';
import { fromJson, toJson } from './json.ts';

const MOST = 1000;

/** In the order of the columns. */
const COLUMNS = 'reading, subject, found_in, last_in, over_in, finding';
type FindingRow = [reading: string, subject: string, foundIn: number, lastIn: number, overIn: number | null, finding: string];

const toRecord = ([reading, subject, foundIn, lastIn, overIn, finding]: FindingRow): FindingRecord => ({
  // Written from the type that it is read as.
  ...(fromJson(finding) as Omit<Finding, 'subject'>), reading, subject, foundIn, lastIn, overIn,
});

export function createFindingTable(database: Database.Database) {
  const upsert = database.prepare<[string, ...FindingRow]>(`INSERT OR REPLACE INTO findings (task, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const select = (where: string) => database.prepare<[string], FindingRow>(`SELECT ${COLUMNS} FROM findings WHERE task = ? ${where} ORDER BY found_in DESC, reading, subject LIMIT ${MOST}`).raw();
  const selectAll = select('');
  const selectStanding = select('AND over_in IS NULL');

  return {
    save(task: TaskId, records: readonly FindingRecord[]): void {
      for (const { reading, subject, foundIn, lastIn, overIn, ...finding } of records) upsert.run(task, reading, subject, foundIn, lastIn, overIn, toJson(finding, `a finding of ${reading}`));
    },
    list: (task: TaskId, standing: boolean): FindingRecord[] => (standing ? selectStanding : selectAll).all(task).map(toRecord).sort((a, b) => a.foundIn - b.foundIn),
  };
}
