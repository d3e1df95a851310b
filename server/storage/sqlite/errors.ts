/** SQLite's errors as ours. */
import Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';

const FAILURES: readonly (readonly [prefix: string, words: string])[] = [
  ['SQLITE_FULL', 'the disk is full; free some space or move the data folder'],
  ['SQLITE_READONLY', 'it is not writable for this user; change its owner or mode, or choose another data folder'],
  ['SQLITE_CANTOPEN', 'it cannot be opened; check that its folder is there and writable for this user'],
  ['SQLITE_PERM', 'the system does not permit it for this user; change its owner or mode'],
  ['SQLITE_BUSY', 'another process has held it for too long; is a second coordinator running on the same data folder?'],
  ['SQLITE_LOCKED', 'another statement holds it'],
  ['SQLITE_IOERR', 'the device reported an input/output error; look at the system log and check the disk'],
  ['SQLITE_NOMEM', 'there is not enough memory'],
];

export function sqliteFailure(thrown: unknown, path: string): unknown {
  if (!(thrown instanceof Database.SqliteError)) return thrown;
  const { code } = thrown;
  if (code.startsWith('SQLITE_NOTADB')) {
    return new MurmurError('storage_corrupt', `${path} is no SQLite database; move it away, or restore it from a backup`, { cause: thrown, details: { path } });
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return new MurmurError('storage_corrupt', `the database ${path} is damaged (${thrown.message}); restore it from a backup`, { cause: thrown, details: { path } });
  }
  const words = FAILURES.find(([prefix]) => code.startsWith(prefix))?.[1];
  // What is left (constraints, wrong statements) are mistakes of the program.
  if (words === undefined) return new MurmurError('internal', `the database ${path} refused a statement: ${thrown.message} (${code})`, { cause: thrown });
  return new MurmurError('storage_failed', `cannot use the database ${path}: ${words} (${code})`, { cause: thrown, details: { path, reason: code } });
}
