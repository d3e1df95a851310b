/** Model versions. What a version is never changes; what was measured of it may be added later. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import { asDigest, type TaskId } from '../../../shared/ids.ts';
import type { FederatedEvaluation } from '../../../shared/evaluation/summary.ts';
import type { VersionRecord } from '../store.ts';
import { fromJson, numbersFromJson, numbersToJson, toJson } from './json.ts';

/** In the order of the columns. */
const COLUMNS = 'version, round, checkpoint, bytes, server_state, created_at, metrics, origin, evaluation';
type VersionRow = [version: number, round: number, checkpoint: string, bytes: number, serverState: string, createdAt: number, metrics: string, origin: string | null, evaluation: string | null];

const toVersion = ([version, round, checkpoint, bytes, serverState, createdAt, metrics, origin, evaluation]: VersionRow): VersionRecord => ({
  version, round, checkpoint: asDigest(checkpoint), bytes, serverState: asDigest(serverState), createdAt, metrics: numbersFromJson(metrics), ...(origin === null ? {} : { origin }),
  ...(evaluation === null ? {} : { evaluation: fromJson(evaluation) as FederatedEvaluation }),
});

export function createVersionTable(database: Database.Database) {
  const upsert = database.prepare<[string, ...VersionRow]>(`
    INSERT INTO versions (task, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (task, version) DO UPDATE SET metrics = excluded.metrics
    WHERE checkpoint = excluded.checkpoint AND round = excluded.round AND server_state = excluded.server_state`);
  const updateEvaluation = database.prepare<[string, string, number]>('UPDATE versions SET evaluation = ? WHERE task = ? AND version = ?');
  const select = database.prepare<[string, number], VersionRow>(`SELECT ${COLUMNS} FROM versions WHERE task = ? AND version = ?`).raw();
  const selectSome = database.prepare<[string, number, number], VersionRow>(`SELECT ${COLUMNS} FROM versions WHERE task = ? AND version < ? ORDER BY version DESC LIMIT ?`).raw();

  const list = (task: TaskId, limit: number, before: number): VersionRecord[] => selectSome.all(task, before, limit).map(toVersion);
  return {
    list,
    save(task: TaskId, record: VersionRecord): void {
      const { changes } = upsert.run(task, record.version, record.round, record.checkpoint, record.bytes, record.serverState, record.createdAt, numbersToJson(record.metrics), record.origin ?? null, null);
      if (changes === 0) throw new MurmurError('conflict', `version ${record.version} of task ${task} is stored already with another checkpoint, server state or round; versions do not change`);
    },
    /** @throws not_found where there is no such version */
    saveEvaluation(task: TaskId, version: number, evaluation: FederatedEvaluation): void {
      const { changes } = updateEvaluation.run(toJson(evaluation, `the evaluation of version ${version} of task ${task}`), task, version);
      if (changes === 0) throw new MurmurError('not_found', `task ${task} has no version ${version} that could have been evaluated`);
    },
    get(task: TaskId, version: number): VersionRecord | null {
      const row = select.get(task, version);
      return row === undefined ? null : toVersion(row);
    },
    latest: (task: TaskId): VersionRecord | null => list(task, 1, Number.MAX_SAFE_INTEGER)[0] ?? null,
  };
}
