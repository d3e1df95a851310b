/** What selection remembers: the facts behind each decision, the edges' track records, the sampler's memory. */
import type { Migration } from './migrate.ts';

export const selection: Migration = {
  version: 2,
  name: 'selection',
  sql: `
    -- JSON; NULL for what was decided before this was kept.
    ALTER TABLE participations ADD COLUMN facts TEXT;

    -- JSON; NULL where the task's sampler remembers nothing.
    ALTER TABLE states ADD COLUMN sampler_memory TEXT;

    CREATE TABLE track_records (
      task                TEXT NOT NULL REFERENCES tasks (id),
      edge                TEXT NOT NULL,
      asked               INTEGER NOT NULL,
      reported            INTEGER NOT NULL,
      declined            INTEGER NOT NULL,
      lost                INTEGER NOT NULL,
      last_asked_round    INTEGER NOT NULL,
      last_reported_round INTEGER,
      last_reported_at    REAL,
      loss                REAL,
      round_ms            REAL,
      PRIMARY KEY (task, edge)
    ) STRICT, WITHOUT ROWID;
  `,
};
