/** What became of edges in earlier rounds, one row an edge and task. */
import type Database from 'better-sqlite3';
import { asEdgeId, type TaskId } from '../../../shared/ids.ts';
import type { TrackRecord } from '../../../shared/selection/track-record.ts';

/** In the order of the columns. */
const COLUMNS = 'edge, asked, reported, declined, lost, last_asked_round, last_reported_round, last_reported_at, loss, round_ms';
type TrackRow = [
  edge: string, asked: number, reported: number, declined: number, lost: number,
  lastAskedRound: number, lastReportedRound: number | null, lastReportedAt: number | null, loss: number | null, roundMs: number | null,
];

const toRecord = ([edge, asked, reported, declined, lost, lastAskedRound, lastReportedRound, lastReportedAt, loss, roundMs]: TrackRow): TrackRecord => ({
  edge: asEdgeId(edge), asked, reported, declined, lost, lastAskedRound, lastReportedRound, lastReportedAt, loss, roundMs,
});

export function createTrackTable(database: Database.Database) {
  const upsert = database.prepare<[string, ...TrackRow]>(`INSERT OR REPLACE INTO track_records (task, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectAll = database.prepare<[string], TrackRow>(`SELECT ${COLUMNS} FROM track_records WHERE task = ? ORDER BY edge`).raw();

  return {
    save(task: TaskId, records: readonly TrackRecord[]): void {
      for (const one of records) upsert.run(task, one.edge, one.asked, one.reported, one.declined, one.lost, one.lastAskedRound, one.lastReportedRound, one.lastReportedAt, one.loss, one.roundMs);
    },
    list: (task: TaskId): TrackRecord[] => selectAll.all(task).map(toRecord),
  };
}
