/** What a task has learned so far: its newest version with the server's state and standing, and those before it that edges still start from. */
import type { ServerState } from '../../shared/algorithms/algorithm.ts';
import { asDigest } from '../../shared/ids.ts';
import type { Store, VersionRecord } from '../storage/store.ts';
import { createBaseVersions } from './base-versions.ts';
import type { DrivenTask } from './driver-house.ts';
import type { RoundState } from './round-state.ts';
import { versionRecord, type UpdateResult } from './server-update.ts';
import type { Standing } from './standing.ts';

export interface ModelLine {
  readonly version: VersionRecord;
  readonly serverState: ServerState;
  readonly standing: Standing;
  /** Rounds that have made a version. */
  readonly committed: number;
  /** The version that an assignment starts from. */
  baseOf(assignment: { readonly version: number }): VersionRecord;
  /** Whether edges are told to download what has this digest: a checkpoint, or the server's vectors where the algorithm sends them. */
  offers(digest: string): boolean;
  /** The round's update is stored: what it made is the newest version now. */
  advance(updated: UpdateResult, round: number, at: number): void;
  /** Those that a restarted coordinator's open assignments start from. */
  load(store: Pick<Store, 'getVersion'>, state: RoundState): Promise<void>;
}

/** @param mostStaleness versions by which an assignment's own may lie behind the newest */
export function createModelLine(task: Pick<DrivenTask, 'id' | 'algorithm' | 'version' | 'serverState' | 'standing' | 'totals'>, mostStaleness: number): ModelLine {
  let { version, serverState, standing } = task;
  let { committed } = task.totals;
  const bases = createBaseVersions(version, mostStaleness);
  return {
    get version() {
      return version;
    },
    get serverState() {
      return serverState;
    },
    get standing() {
      return standing;
    },
    get committed() {
      return committed;
    },
    baseOf: (assignment) => bases.of(assignment.version) ?? version,
    offers: (digest) => bases.has(asDigest(digest)) || (task.algorithm.needs.serverVectors === true && digest === version.serverState),
    advance(updated, round, at) {
      serverState = updated.stored.state;
      standing = updated.standing;
      version = versionRecord(updated, version.version + 1, round, at);
      bases.add(version);
      committed++;
    },
    load: (store, state) => bases.load(store, task.id, state),
  };
}
