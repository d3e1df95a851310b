/** Versions that were adopted are few among many, and asked for with each assignment of some tasks. */
import type { Migration } from './migrate.ts';

export const adopted: Migration = {
  version: 7,
  name: 'adopted',
  sql: `
    CREATE INDEX adopted_versions ON versions (task, round) WHERE origin IS NOT NULL;
  `,
};
