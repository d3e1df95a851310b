/** The versions that open assignments start from: without a barrier several at once, each of them still to be downloaded. */
import type { Digest, TaskId } from '../../shared/ids.ts';
import type { Store, VersionRecord } from '../storage/store.ts';
import { itemsOf } from './chunked-list.ts';
import { isOpen, type RoundState } from './round-state.ts';

export interface BaseVersions {
  of(version: number): VersionRecord | undefined;
  /** One of them has this checkpoint. */
  has(checkpoint: Digest): boolean;
  /** The newest. Those that no assignment can start from any more are forgotten. */
  add(version: VersionRecord): void;
  /** Those of the assignments that a restarted coordinator finds open. */
  load(store: Pick<Store, 'getVersion'>, task: TaskId, state: RoundState): Promise<void>;
}

/** @param mostStaleness versions by which an assignment's own may lie behind the newest */
export function createBaseVersions(newest: VersionRecord, mostStaleness: number): BaseVersions {
  const known = new Map([[newest.version, newest]]);
  return {
    of: (version) => known.get(version),
    has: (checkpoint) => [...known.values()].some((version) => version.checkpoint === checkpoint),
    add(version) {
      known.set(version.version, version);
      for (const old of known.keys()) if (old < version.version - mostStaleness) known.delete(old);
    },
    async load(store, task, { assignments }) {
      for (const assignment of itemsOf(assignments)) {
        if (!isOpen(assignment) || known.has(assignment.version)) continue;
        const version = await store.getVersion(task, assignment.version);
        if (version) known.set(version.version, version);
      }
    },
  };
}
