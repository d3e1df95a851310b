/**
 * Enrolments that come at the same time share one transaction, and so one sync of the disk: after a fleet was given its
 * token, thousands of edges enrol at once.
 */
import type Database from 'better-sqlite3';
import { isMurmurError } from '../../../shared/errors.ts';
import type { EdgeRecord } from '../store.ts';

/** Calls `write` when those who come at the same time have come. */
export type Gather = (write: () => void) => void;

interface Waiting {
  readonly edge: EdgeRecord;
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

export interface GroupedEdges {
  /** Resolves when the edge is durable. @throws as `insert` does */
  add(edge: EdgeRecord): Promise<void>;
  /** Writes at once what waits. */
  flush(): void;
}

/** @param insert throws a MurmurError, having changed nothing, where this one edge cannot be taken */
export function groupEdges(database: Database.Database, insert: (edge: EdgeRecord) => void, gather: Gather): GroupedEdges {
  let waiting: Waiting[] = [];

  /** What was thrown for each; null where it was taken. */
  const insertAll = database.transaction((group: readonly Waiting[]): unknown[] =>
    group.map(({ edge }) => {
      try {
        insert(edge);
        return null;
      } catch (thrown) {
        // Anything else ends the transaction, for all of them.
        if (!isMurmurError(thrown)) throw thrown;
        return thrown;
      }
    }),
  ).immediate;

  function flush(): void {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    try {
      const outcomes = insertAll(group);
      group.forEach(({ resolve, reject }, i) => (outcomes[i] === null ? resolve() : reject(outcomes[i])));
    } catch (thrown) {
      for (const { reject } of group) reject(thrown);
    }
  }

  return {
    add: (edge) =>
      new Promise((resolve, reject) => {
        waiting.push({ edge, resolve, reject });
        if (waiting.length === 1) gather(flush);
      }),
    flush,
  };
}
