/**
 * Takes in a model that no round of the task made (what the peers of a gossip run came to, say) as the task's next version:
 * checked whole, evaluated, stored as any version is, with its origin on record.
 */
import { configOf, findAlgorithm } from '../../shared/algorithms/registry.ts';
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Examples } from '../../shared/model/examples.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import { sumOfSquares } from '../../shared/statistics/sum-of-squares.ts';
import { isGossipTask, trainsModel } from '../../shared/task/task-spec.ts';
import { decodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Lease, Store, TaskRecord, VersionRecord } from '../storage/store.ts';
import type { RoundState } from './round-state.ts';
import { loadStanding, noteVersion } from './standing.ts';
import { measuresOf, storeVersion } from './server-update.ts';

export interface AdoptionHouse {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly evaluator: Pick<Evaluator, 'evaluate' | 'setExamples'>;
}

export interface Adoption {
  readonly task: TaskRecord;
  readonly layout: Layout;
  /** Safetensors, as `models export` writes it. */
  readonly file: Uint8Array;
  /** For people. */
  readonly origin: string;
  readonly heldOut: Examples | null;
  /** Nobody else drives the task while this is held. Given back by who calls. */
  readonly lease: () => Promise<Lease>;
}

/** @throws bad_frame, bad_layout, not_finite: it is no model of this task; conflict: a round of the task is under way */
export async function adoptModel({ store, blobs, clock, evaluator }: AdoptionHouse, { task, layout, file, origin, heldOut, lease }: Adoption): Promise<VersionRecord> {
  const { values } = decodeCheckpoint(file, layout).parameters;
  if (!Number.isFinite(sumOfSquares(values))) throw new MurmurError('not_finite', 'the model has weights that are not finite, or beyond all measure');
  const evaluation = await evaluate();
  const held = await lease();
  const state = (await store.loadState(task.id)) as RoundState | null;
  if (state !== null && state.phase !== 'idle' && state.phase !== 'resting') throw new MurmurError('conflict', `round ${state.round} of task ${task.id} is under way; it must end before a model can be adopted`);
  const latest = await store.latestVersion(task.id);
  // Momentum and the like belong to the weights that made them: the server half begins anew.
  const stored = await storeVersion(blobs, layout, findAlgorithm(task.spec.algorithm.name).init(values, configOf(task.spec.algorithm)));
  const version: VersionRecord = {
    version: latest === null ? firstVersion(task) : latest.version + 1, round: latest?.round ?? 0, checkpoint: stored.checkpoint, bytes: stored.bytes, serverState: stored.serverState,
    createdAt: clock.now(), metrics: measuresOf(evaluation), origin,
  };
  const { best } = noteVersion(task.spec, await loadStanding(store, task.id, task.spec), version);
  await store.saveTransition(held, { state: state === null ? null : { ...state, version: version.version, checkpoint: version.checkpoint }, version, ...(best === null ? {} : { labels: { best: best.version } }) });
  return version;

  async function evaluate(): Promise<Evaluation | null> {
    if (heldOut === null || !trainsModel(task.spec)) return null;
    await evaluator.setExamples(task.id, heldOut);
    try {
      return await evaluator.evaluate(task.id, task.spec, values, 0);
    } finally {
      await evaluator.setExamples(task.id, null).catch(() => undefined);
    }
  }
}

/** A federated task's version 0 is what its rounds begin with; a gossip task has no rounds here. */
const firstVersion = ({ spec }: TaskRecord): number => (isGossipTask(spec) ? 1 : 0);
