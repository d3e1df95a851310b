/** Brings a database to the newest schema, one numbered step at a time; `user_version` says how far it is. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';

export interface Migration {
  /** 1, 2, 3, … without a gap. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** 'Murm' in ASCII: tells our databases from other programs'. */
export const APPLICATION_ID = 0x4d75726d;

/**
 * All missing steps in one transaction: the schema is the newest or what it was.
 * @throws incompatible when the database is newer than this program, or another program's.
 */
export function migrate(database: Database.Database, migrations: readonly Migration[]): void {
  migrations.forEach(({ version, name }, index) => {
    if (version !== index + 1) throw new MurmurError('internal', `migration ${name} has the number ${version}, its place in the list is ${index + 1}`);
  });
  const run = database.transaction(() => {
    const current = versionOf(database);
    checkOurs(database, current);
    if (current > migrations.length) {
      throw new MurmurError('incompatible', `the database ${database.name} has schema ${current}, this version of Murmuration knows schemas up to ${migrations.length}; use the version that wrote it, or a newer one`);
    }
    for (const { version, sql } of migrations.slice(current)) {
      database.exec(sql);
      database.pragma(`user_version = ${version}`);
    }
    database.pragma(`application_id = ${APPLICATION_ID}`);
  });
  // Immediate: two processes that start at once must not both see the old version.
  run.immediate();
}

export function versionOf(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

function checkOurs(database: Database.Database, version: number): void {
  const application = database.pragma('application_id', { simple: true }) as number;
  const tables = database.prepare<[], number>('SELECT count(*) FROM sqlite_master').pluck().get() ?? 0;
  const ours = application === APPLICATION_ID || (application === 0 && version === 0 && tables === 0);
  if (!ours) throw new MurmurError('incompatible', `the database ${database.name} belongs to another program; choose another data folder`);
}
