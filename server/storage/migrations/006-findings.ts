/** What the coordinator found to be wrong with a task. */
import type { Migration } from './migrate.ts';

export const findings: Migration = {
  version: 6,
  name: 'findings',
  sql: `
    CREATE TABLE findings (
      task     TEXT NOT NULL REFERENCES tasks (id),
      reading  TEXT NOT NULL,
      -- What it is about: an edge, a reason; '' for the task itself.
      subject  TEXT NOT NULL,
      -- Rounds: found first, found last, over. NULL while it stands.
      found_in INTEGER NOT NULL,
      last_in  INTEGER NOT NULL,
      over_in  INTEGER,
      -- JSON: what it says, how sure, the evidence, what to try.
      finding  TEXT NOT NULL,
      PRIMARY KEY (task, reading, subject, found_in)
    ) STRICT, WITHOUT ROWID;
  `,
};
