/** Versions that no round made: where they come from. */
import type { Migration } from './migrate.ts';

export const origin: Migration = {
  version: 3,
  name: 'origin',
  sql: `
    -- For people; NULL for a version that a round of the task made.
    ALTER TABLE versions ADD COLUMN origin TEXT;
  `,
};
