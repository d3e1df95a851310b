/** Opens the database as durability and privacy need it, and says what goes wrong in words. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { storageFailure } from '../disk-errors.ts';
import { migrate } from '../migrations/migrate.ts';
import { migrations } from '../migrations/all.ts';
import { sqliteFailure } from './errors.ts';

export const IN_MEMORY = ':memory:';

/** How long a statement waits for another process's transaction. */
const BUSY_MS = 5000;

/** @throws storage_failed, storage_corrupt, incompatible (see `migrate`). */
export function openConnection(path: string, durable = true): Database.Database {
  const file = path === IN_MEMORY ? path : resolve(path);
  if (file !== IN_MEMORY) makePrivate(file);
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: BUSY_MS });
    database.pragma('journal_mode = WAL');
    // A transition that resolved must survive the power going out: FULL syncs the log at each commit.
    database.pragma(`synchronous = ${durable ? 'FULL' : 'OFF'}`);
    database.pragma('foreign_keys = ON');
    // Destroyed round keys are overwritten with zeros, not just unlinked.
    database.pragma('secure_delete = ON');
    migrate(database, migrations);
    // A coordinator that was killed between destroying a key and emptying the log left that to us.
    emptyLog(database);
    return database;
  } catch (thrown) {
    database?.close();
    throw sqliteFailure(thrown, file);
  }
}

/** SQLite would make the file by the umask; its log and its shared memory take over the mode that the file has. */
function makePrivate(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  } catch (thrown) {
    throw storageFailure(thrown, 'open the database', file);
  }
}

/**
 * Moves the log into the database and cuts it to nothing, so that no older page image (with a key that was
 * destroyed since) stays in it. False where that could not be done now (another process reads an older state,
 * the disk is full): what was committed stands all the same, and it is to be tried again.
 * What then lies in freed blocks is the file system's and the drive's: only an encrypted drive forgets for certain.
 */
export function emptyLog(database: Database.Database): boolean {
  // In memory there is none.
  if (database.memory) return true;
  try {
    // Not worth waiting for: a reader must not hold up the coordinator.
    database.pragma('busy_timeout = 0');
    const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
    return busy === 0;
  } catch {
    return false;
  } finally {
    database.pragma(`busy_timeout = ${BUSY_MS}`);
  }
}
