/** What the edges found of a version on the examples that they hold back. */
import type { Migration } from './migrate.ts';

export const evaluation: Migration = {
  version: 4,
  name: 'evaluation',
  sql: `
    -- JSON; NULL for a version that no edges judged.
    ALTER TABLE versions ADD COLUMN evaluation TEXT;
  `,
};
