/** Names for versions of a task, `best` among them. */
import type { Migration } from './migrate.ts';

export const labels: Migration = {
  version: 5,
  name: 'labels',
  sql: `
    CREATE TABLE labels (
      task    TEXT NOT NULL REFERENCES tasks (id),
      label   TEXT NOT NULL,
      version INTEGER NOT NULL,
      PRIMARY KEY (task, label)
    ) STRICT, WITHOUT ROWID;
  `,
};
