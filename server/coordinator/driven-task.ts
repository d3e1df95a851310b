/** From a stored task to what a driver drives: everything that is worked out of its spec, and where its learning stands. */
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import { statisticSchemaFor } from '../../shared/algorithms/statistic-schema.ts';
import type { Clock } from '../../shared/clock.ts';
import { isGossipTask, type TaskSpec } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint, decodeServerState } from '../../shared/tensors/checkpoint.ts';
import type { Parameters } from '../../shared/tensors/layout.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Lease, Store, TaskRecord, VersionRecord } from '../storage/store.ts';
import type { DrivenTask } from './driver-house.ts';
import { initialState } from './machine.ts';
import { requireDrivable } from './policy.ts';
import { storeVersion } from './server-update.ts';
import { loadStanding } from './standing.ts';

/** A task whose rounds a coordinator leads. */
export type FederatedRecord = TaskRecord & { readonly spec: TaskSpec };
export const isFederated = (task: TaskRecord): task is FederatedRecord => !isGossipTask(task.spec);

interface Storage {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}

/** @param parameters the initial ones: of a task that never ran they become version 0 */
export async function drivenTask(task: FederatedRecord, lease: Lease, parameters: Parameters, { store, blobs, clock }: Storage): Promise<DrivenTask> {
  const { id, spec } = task;
  const { layout } = parameters;
  const algorithm = findAlgorithm(spec.algorithm.name);
  const version = (await store.latestVersion(id)) ?? (await firstVersion(task, lease, parameters, { store, blobs, clock }));
  requireDrivable(algorithm);
  return {
    id, spec, algorithm, config: configOf(spec.algorithm), layout, schema: statisticSchemaFor(spec, layout), lease,
    version, totals: await store.totals(id), standing: await loadStanding(store, id, spec),
    serverState: decodeServerState(await blobs.get(version.serverState), decodeCheckpoint(await blobs.get(version.checkpoint), layout).parameters.values),
  };
}

async function firstVersion({ spec }: FederatedRecord, lease: Lease, { layout, values }: Parameters, { store, blobs, clock }: Storage): Promise<VersionRecord> {
  const algorithm = findAlgorithm(spec.algorithm.name);
  const stored = await storeVersion(blobs, layout, algorithm.init(values, configOf(spec.algorithm)));
  const version: VersionRecord = { version: 0, round: 0, checkpoint: stored.checkpoint, bytes: stored.bytes, serverState: stored.serverState, createdAt: clock.now(), metrics: {} };
  await store.saveTransition(lease, { state: initialState(0, stored.checkpoint), version });
  return version;
}
