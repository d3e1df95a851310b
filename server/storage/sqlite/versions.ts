/** Model versions. What a version is never changes; what was measured of it may be added later. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import { asDigest, type TaskId } from '../../../shared/ids.ts';
import type { VersionRecord } from '../store.ts';
import { numbersFromJson, numbersToJson } from './json.ts';

interface VersionRow {
  readonly version: number;
  readonly round: number;
  readonly checkpoint: string;
  readonly bytes: number;
  readonly server_state: string;
  readonly created_at: number;
  readonly metrics: string;
}

const toVersion = (row: VersionRow): VersionRecord => ({
  version: row.version,
  round: row.round,
  checkpoint: asDigest(row.checkpoint),
  bytes: row.bytes,
  serverState: asDigest(row.server_state),
  createdAt: row.created_at,
  metrics: numbersFromJson(row.metrics),
});

export function createVersionTable(database: Database.Database) {
  const upsert = database.prepare<[VersionRow & { readonly task: string }]>(`
    INSERT INTO versions (task, version, round, checkpoint, bytes, server_state, created_at, metrics)
    VALUES (@task, @version, @round, @checkpoint, @bytes, @server_state, @created_at, @metrics)
    ON CONFLICT (task, version) DO UPDATE SET metrics = excluded.metrics
    WHERE checkpoint = excluded.checkpoint AND round = excluded.round AND server_state = excluded.server_state`);
  const select = database.prepare<[string, number], VersionRow>('SELECT * FROM versions WHERE task = ? AND version = ?');
  const selectSome = database.prepare<[string, number, number], VersionRow>('SELECT * FROM versions WHERE task = ? AND version < ? ORDER BY version DESC LIMIT ?');

  const list = (task: TaskId, limit: number, before: number): VersionRecord[] => selectSome.all(task, before, limit).map(toVersion);
  return {
    list,
    save(task: TaskId, record: VersionRecord): void {
      const { changes } = upsert.run({
        task,
        version: record.version,
        round: record.round,
        checkpoint: record.checkpoint,
        bytes: record.bytes,
        server_state: record.serverState,
        created_at: record.createdAt,
        metrics: numbersToJson(record.metrics),
      });
      if (changes === 0) throw new MurmurError('conflict', `version ${record.version} of task ${task} is stored already with another checkpoint, server state or round; versions do not change`);
    },
    get(task: TaskId, version: number): VersionRecord | null {
      const row = select.get(task, version);
      return row === undefined ? null : toVersion(row);
    },
    latest: (task: TaskId): VersionRecord | null => list(task, 1, Number.MAX_SAFE_INTEGER)[0] ?? null,
  };
}
