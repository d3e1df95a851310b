import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initial } from '../../server/storage/migrations/001-initial.ts';
import { migrations } from '../../server/storage/migrations/all.ts';
import { APPLICATION_ID, migrate, versionOf, type Migration } from '../../server/storage/migrations/migrate.ts';
import { IN_MEMORY, openConnection } from '../../server/storage/sqlite/connection.ts';
import { openSqliteStore } from '../../server/storage/sqlite-store.ts';
import { asTaskId } from '../../shared/ids.ts';
import { participation, roundRecord, taskRecord, versionRecord } from '../conformance/store.ts';

const code = (name: string): unknown => expect.objectContaining({ name: 'MurmurError', code: name });
const task = asTaskId('mnist');

describe('the SQLite file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'murmur-sqlite-'));
    path = join(folder, 'murmuration.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is nobody else’s to read, its log neither', async () => {
    const store = await openSqliteStore(join(folder, 'deep/x.db'));
    await store.createTask(taskRecord('mnist'));
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'deep/x.db')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep/x.db-wal')).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('is opened so that a commit survives a power cut and a deletion leaves nothing', () => {
    for (const where of [path, IN_MEMORY]) {
      const database = openConnection(where);
      const read = (pragma: string): unknown => database.pragma(pragma, { simple: true });
      // 2 is FULL: the log is synced at each commit, where NORMAL would lose the last ones.
      expect([read('synchronous'), read('foreign_keys'), read('secure_delete'), read('busy_timeout')]).toEqual([2, 1, 1, 5000]);
      expect(read('journal_mode')).toBe(where === path ? 'wal' : 'memory');
      database.close();
    }
  });

  it('that is no database is storage_corrupt, and stays as it is', async () => {
    writeFileSync(path, 'this is no database, and long enough to be taken for one'.repeat(20));
    await expect(openSqliteStore(path)).rejects.toEqual(code('storage_corrupt'));
    await expect(openSqliteStore(path)).rejects.toThrow(`${path} is no SQLite database`);
    expect(readFileSync(path, 'utf8')).toContain('this is no database');
  });

  it('whose pages are damaged is storage_corrupt', async () => {
    const store = await openSqliteStore(path);
    await store.createTask(taskRecord('mnist'));
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096);
    writeFileSync(path, bytes);
    const damaged = async (): Promise<unknown> => {
      const again = await openSqliteStore(path);
      try {
        return await again.listTasks();
      } finally {
        await again.close();
      }
    };
    await expect(damaged()).rejects.toEqual(code('storage_corrupt'));
  });

  it('of another program is refused and left alone', async () => {
    const other = new Database(path);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    await expect(openSqliteStore(path)).rejects.toEqual(code('incompatible'));
    await expect(openSqliteStore(path)).rejects.toThrow(/belongs to another program/);
    const after = new Database(path);
    expect(after.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['theirs']);
    after.close();
  });

  it('with another program’s number is refused too', async () => {
    const other = new Database(path);
    other.pragma('user_version = 1');
    other.pragma('application_id = 12345');
    other.close();
    await expect(openSqliteStore(path)).rejects.toThrow(/belongs to another program/);
  });

  it('of a newer schema is refused with both numbers', async () => {
    await (await openSqliteStore(path)).close();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();
    await expect(openSqliteStore(path)).rejects.toEqual(code('incompatible'));
    await expect(openSqliteStore(path)).rejects.toThrow(new RegExp(`schema 99, .* up to ${migrations.length};`));
  });

  it('in a folder that cannot be made is storage_failed with the path', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(openSqliteStore(join(folder, 'file/x.db'))).rejects.toEqual(code('storage_failed'));
    await expect(openSqliteStore(folder)).rejects.toEqual(code('storage_failed'));
  });

  it('holds a round’s key no longer once it is destroyed, in no file', async () => {
    const store = await openSqliteStore(path);
    await store.createTask(taskRecord('mnist'));
    const lease = await store.acquireLease(task, 'a', 1000, 0);
    if (!lease) throw new Error('a fresh task is leased already');
    const key = Buffer.from(Array.from({ length: 32 }, (_, i) => 200 - 3 * i));
    const holds = (): boolean => [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(key));
    // Both ways: the key in the log alone, and moved into the database before it is destroyed.
    for (const moved of [false, true]) {
      await store.saveTransition(lease, { state: 1, roundKey: { round: 1, key } });
      expect(holds()).toBe(true);
      if (moved) {
        const other = new Database(path);
        other.pragma('wal_checkpoint(PASSIVE)');
        other.close();
      }
      await store.saveTransition(lease, { state: 2, roundKey: { round: 1, key: null } });
      expect(holds()).toBe(false);
      expect(await store.loadState(task)).toBe(2);
    }
    await store.close();
  });

  it('loses a destroyed key later where somebody reads just then', async () => {
    const store = await openSqliteStore(path);
    await store.createTask(taskRecord('mnist'));
    const lease = await store.acquireLease(task, 'a', 1000, 0);
    if (!lease) throw new Error('a fresh task is leased already');
    const key = Buffer.from(Array.from({ length: 32 }, (_, i) => 200 - 3 * i));
    await store.saveTransition(lease, { state: 1, roundKey: { round: 1, key } });
    const reader = new Database(path, { readonly: true });
    const rows = reader.prepare('SELECT id FROM tasks').iterate();
    rows.next();
    await store.saveTransition(lease, { state: 2, roundKey: { round: 1, key: null } });
    expect(await store.loadRoundKey(task, 1)).toBeNull();
    expect(readFileSync(`${path}-wal`).includes(key)).toBe(true);
    rows.return?.();
    reader.close();
    await store.saveTransition(lease, { state: 3 });
    expect(readFileSync(`${path}-wal`).includes(key)).toBe(false);
    await store.close();
  });

  it('of a killed coordinator has all that was committed, and its destroyed keys go when it is opened', async () => {
    const store = await openSqliteStore(path);
    await store.createTask(taskRecord('mnist'));
    const lease = await store.acquireLease(task, 'a', 1000, 0);
    if (!lease) throw new Error('a fresh task is leased already');
    await store.saveTransition(lease, { state: { step: 7 }, round: roundRecord(1), participations: [participation(1)], version: versionRecord(1) });
    // What a SIGKILL leaves: the database and its log as they are now.
    const left = join(folder, 'left.db');
    copyFileSync(path, left);
    copyFileSync(`${path}-wal`, `${left}-wal`);
    await store.close();
    const again = await openSqliteStore(left);
    expect(await again.loadState(task)).toEqual({ step: 7 });
    expect(await again.getRound(task, 1)).toEqual(roundRecord(1));
    expect(await again.latestVersion(task)).toEqual(versionRecord(1));
    expect(statSync(`${left}-wal`).size).toBe(0);
    await again.close();
  });
});

describe('migrations', () => {
  const second: Migration = { version: 2, name: 'labels', sql: `ALTER TABLE versions ADD COLUMN label TEXT; UPDATE versions SET label = 'v' || version;` };
  let database: Database.Database;
  beforeEach(() => {
    database = new Database(':memory:');
  });
  afterEach(() => {
    database.close();
    if (folder !== null) rmSync(folder, { recursive: true });
    folder = null;
  });
  let folder: string | null = null;
  const path = (): string => join((folder ??= mkdtempSync(join(tmpdir(), 'murmur-migrate-'))), 'murmuration.db');

  it('are numbered without a gap', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
    expect(() => migrate(database, [second])).toThrow(/labels has the number 2/);
  });

  it('bring an empty database to the newest schema, once', () => {
    migrate(database, migrations);
    expect(versionOf(database)).toBe(migrations.length);
    expect(database.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
    migrate(database, migrations);
    expect(database.prepare('SELECT count(*) FROM tasks').pluck().get()).toBe(0);
  });

  it('take a database of version 1 along with what it holds', () => {
    migrate(database, [initial]);
    database.exec(`
      INSERT INTO tasks VALUES ('mnist', '{}', 'running', NULL, 1.5);
      INSERT INTO versions VALUES ('mnist', 3, 3, 'c', 8, 's', 2.5, '{"accuracy":0.5}');`);
    migrate(database, [initial, second]);
    expect(versionOf(database)).toBe(2);
    expect(database.prepare('SELECT version, metrics, label FROM versions').all()).toEqual([{ version: 3, metrics: '{"accuracy":0.5}', label: 'v3' }]);
  });

  it('bring what the first version stored of a task to what selection keeps, which is nothing yet', async () => {
    const old = new Database(path());
    migrate(old, [initial]);
    const { spec } = taskRecord('mnist');
    old.prepare(`INSERT INTO tasks VALUES ('mnist', ?, 'running', NULL, 1.5)`).run(JSON.stringify(spec));
    old.exec(`
      INSERT INTO states VALUES ('mnist', '{"round":4}');
      INSERT INTO participations VALUES (1, 'mnist', 4, 'e1', 'mnist.4.0', 'reported', 'drawn', 600, 2.5);`);
    old.close();
    const store = await openSqliteStore(path());
    expect(await store.listParticipations(task, 4)).toEqual([{ edge: 'e1', assignment: 'mnist.4.0', status: 'reported', reason: 'drawn', examples: 600, at: 2.5, facts: null }]);
    expect([await store.loadState(task), await store.loadSamplerMemory(task), await store.listTracks(task)]).toEqual([{ round: 4 }, null, []]);
    await store.close();
  });

  it('that fail leave the schema and the data as they were', () => {
    migrate(database, [initial]);
    const broken: Migration = { version: 3, name: 'broken', sql: 'CREATE TABLE half (x); SELECT nonsense FROM nowhere;' };
    expect(() => migrate(database, [initial, second, broken])).toThrow(/nowhere/);
    expect(versionOf(database)).toBe(1);
    expect(database.prepare(`SELECT name FROM sqlite_master WHERE name = 'half'`).all()).toEqual([]);
    expect(() => database.prepare('SELECT label FROM versions')).toThrow(/label/);
  });
});
