/** What became of edges in earlier rounds, one row an edge and task. */
import type Database from 'better-sqlite3';
import { asEdgeId, type TaskId } from '../../../shared/ids.ts';
import type { TrackRecord } from '../../../shared/selection/track-record.ts';

interface TrackRow {
  readonly edge: string;
  readonly asked: number;
  readonly reported: number;
  readonly declined: number;
  readonly lost: number;
  readonly last_asked_round: number;
  readonly last_reported_round: number | null;
  readonly last_reported_at: number | null;
  readonly loss: number | null;
  readonly round_ms: number | null;
}

const toRecord = (row: TrackRow): TrackRecord => ({
  edge: asEdgeId(row.edge),
  asked: row.asked,
  reported: row.reported,
  declined: row.declined,
  lost: row.lost,
  lastAskedRound: row.last_asked_round,
  lastReportedRound: row.last_reported_round,
  lastReportedAt: row.last_reported_at,
  loss: row.loss,
  roundMs: row.round_ms,
});

export function createTrackTable(database: Database.Database) {
  const upsert = database.prepare<[string, string, number, number, number, number, number, number | null, number | null, number | null, number | null]>(`
    INSERT OR REPLACE INTO track_records (task, edge, asked, reported, declined, lost, last_asked_round, last_reported_round, last_reported_at, loss, round_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectAll = database.prepare<[string], TrackRow>('SELECT * FROM track_records WHERE task = ? ORDER BY edge');

  return {
    save(task: TaskId, records: readonly TrackRecord[]): void {
      for (const one of records) upsert.run(task, one.edge, one.asked, one.reported, one.declined, one.lost, one.lastAskedRound, one.lastReportedRound, one.lastReportedAt, one.loss, one.roundMs);
    },
    list: (task: TaskId): TrackRecord[] => selectAll.all(task).map(toRecord),
  };
}
