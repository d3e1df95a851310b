/** Names for versions: one stands for one version of a task at a time. */
import type Database from 'better-sqlite3';
import { MurmurError } from '../../../shared/errors.ts';
import type { TaskId } from '../../../shared/ids.ts';

export function createLabelTable(database: Database.Database) {
  const upsert = database.prepare<[string, string, number]>(`
    INSERT INTO labels (task, label, version) SELECT task, ?, version FROM versions WHERE task = ? AND version = ?
    ON CONFLICT (task, label) DO UPDATE SET version = excluded.version`);
  const select = database.prepare<[string], [label: string, version: number]>('SELECT label, version FROM labels WHERE task = ? ORDER BY label').raw();
  return {
    /** @throws not_found where there is no such version */
    save(task: TaskId, labels: Readonly<Record<string, number>>): void {
      for (const [label, version] of Object.entries(labels)) {
        if (upsert.run(label, task, version).changes === 0) throw new MurmurError('not_found', `task ${task} has no version ${version} that could be labelled ${label}`);
      }
    },
    list: (task: TaskId): Record<string, number> => Object.fromEntries(select.all(task)),
  };
}
