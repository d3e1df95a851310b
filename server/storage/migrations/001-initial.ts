/** The first schema. Times are REAL: a virtual clock has fractions of milliseconds. */
import type { Migration } from './migrate.ts';

export const initial: Migration = {
  version: 1,
  name: 'initial',
  sql: `
    CREATE TABLE tasks (
      id            TEXT PRIMARY KEY,
      spec          TEXT NOT NULL,
      status        TEXT NOT NULL CHECK (status IN ('created', 'running', 'stopped', 'finished')),
      status_reason TEXT,
      created_at    REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Beside the task, since it changes with each transition and the spec never does.
    CREATE TABLE states (
      task  TEXT PRIMARY KEY REFERENCES tasks (id),
      state TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The fence outlives its holder: it must never be issued twice.
    CREATE TABLE leases (
      task       TEXT PRIMARY KEY REFERENCES tasks (id),
      holder     TEXT,
      fence      INTEGER NOT NULL,
      expires_at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE rounds (
      task         TEXT NOT NULL REFERENCES tasks (id),
      round        INTEGER NOT NULL,
      outcome      TEXT NOT NULL CHECK (outcome IN ('running', 'committed', 'aborted')),
      reason       TEXT,
      started_at   REAL NOT NULL,
      ended_at     REAL,
      base_version INTEGER NOT NULL,
      version      INTEGER,
      eligible     INTEGER NOT NULL,
      selected     INTEGER NOT NULL,
      reported     INTEGER NOT NULL,
      reasons      TEXT NOT NULL,
      bytes_up     INTEGER NOT NULL,
      bytes_down   INTEGER NOT NULL,
      phase_ms     TEXT NOT NULL,
      PRIMARY KEY (task, round)
    ) STRICT, WITHOUT ROWID;

    -- An edge that was considered and got no assignment has '': NULLs would not be equal to each other.
    CREATE TABLE participations (
      sequence   INTEGER PRIMARY KEY,
      task       TEXT NOT NULL REFERENCES tasks (id),
      round      INTEGER NOT NULL,
      edge       TEXT NOT NULL,
      assignment TEXT NOT NULL,
      status     TEXT NOT NULL,
      reason     TEXT NOT NULL,
      examples   INTEGER,
      at         REAL NOT NULL,
      UNIQUE (task, round, edge, assignment)
    ) STRICT;

    CREATE TABLE versions (
      task         TEXT NOT NULL REFERENCES tasks (id),
      version      INTEGER NOT NULL,
      round        INTEGER NOT NULL,
      checkpoint   TEXT NOT NULL,
      bytes        INTEGER NOT NULL,
      server_state TEXT NOT NULL,
      created_at   REAL NOT NULL,
      metrics      TEXT NOT NULL,
      PRIMARY KEY (task, version)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE round_keys (
      task  TEXT NOT NULL REFERENCES tasks (id),
      round INTEGER NOT NULL,
      key   BLOB NOT NULL,
      PRIMARY KEY (task, round)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE edges (
      id          TEXT PRIMARY KEY,
      public_key  TEXT NOT NULL,
      name        TEXT NOT NULL,
      role        TEXT NOT NULL CHECK (role IN ('edge', 'aggregator')),
      enrolled_at REAL NOT NULL,
      revoked_at  REAL
    ) STRICT, WITHOUT ROWID;
  `,
};
