/** Model versions. What a version is never changes; what was measured of it may be added later. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import { asDigest, type TaskId } from '../../../shared/ids.ts';
import type { VersionRecord } from '../store.ts';
import { numbersFromJson, numbersToJson } from './json.ts';

/** In the order of the columns. */
const COLUMNS = 'version, round, checkpoint, bytes, server_state, created_at, metrics, origin';
type VersionRow = [version: number, round: number, checkpoint: string, bytes: number, serverState: string, createdAt: number, metrics: string, origin: string | null];

const toVersion = ([version, round, checkpoint, bytes, serverState, createdAt, metrics, origin]: VersionRow): VersionRecord => ({
  version, round, checkpoint: asDigest(checkpoint), bytes, serverState: asDigest(serverState), createdAt, metrics: numbersFromJson(metrics), ...(origin === null ? {} : { origin }),
});

export function createVersionTable(database: Database.Database) {
  const upsert = database.prepare<[string, ...VersionRow]>(`
    INSERT INTO versions (task, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task, version) DO UPDATE SET metrics = excluded.metrics
    WHERE checkpoint = excluded.checkpoint AND round = excluded.round AND server_state = excluded.server_state`);
  const select = database.prepare<[string, number], VersionRow>(`SELECT ${COLUMNS} FROM versions WHERE task = ? AND version = ?`).raw();
  const selectSome = database.prepare<[string, number, number], VersionRow>(`SELECT ${COLUMNS} FROM versions WHERE task = ? AND version < ? ORDER BY version DESC LIMIT ?`).raw();

  const list = (task: TaskId, limit: number, before: number): VersionRecord[] => selectSome.all(task, before, limit).map(toVersion);
  return {
    list,
    save(task: TaskId, record: VersionRecord): void {
      const { changes } = upsert.run(task, record.version, record.round, record.checkpoint, record.bytes, record.serverState, record.createdAt, numbersToJson(record.metrics), record.origin ?? null);
      if (changes === 0) throw new MurmurError('conflict', `version ${record.version} of task ${task} is stored already with another checkpoint, server state or round; versions do not change`);
    },
    get(task: TaskId, version: number): VersionRecord | null {
      const row = select.get(task, version);
      return row === undefined ? null : toVersion(row);
    },
    latest: (task: TaskId): VersionRecord | null => list(task, 1, Number.MAX_SAFE_INTEGER)[0] ?? null,
  };
}
