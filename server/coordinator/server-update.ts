/** The updating phase: the server half of the algorithm, the new version stored as blobs, and its evaluation. */
import type { Clock } from '../../shared/clock.ts';
import type { Algorithm, ServerState } from '../../shared/algorithms/algorithm.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { isEvaluationField } from '../../shared/evaluation/fields.ts';
import { summariseEvaluation, type FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import type { Digest, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { MergedStatistic } from '../../shared/statistics/statistic.ts';
import { sumOfSquares } from '../../shared/statistics/sum-of-squares.ts';
import { trainsModel, type TaskSpec } from '../../shared/task/task-spec.ts';
import { encodeCheckpoint, encodeServerState } from '../../shared/tensors/checkpoint.ts';
import { createParameters, type Layout } from '../../shared/tensors/layout.ts';
import type { Combined } from '../aggregation/round-arena.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { Transition, VersionRecord } from '../storage/store.ts';
import type { RoundPoint } from './points.ts';
import { noteVersion, outOfPatience, type Standing } from './standing.ts';

/** A round does not hang on its evaluation. */
const EVALUATION_MS = 10 * 60_000;

export interface StoredVersion {
  readonly state: ServerState;
  readonly checkpoint: Digest;
  readonly bytes: number;
  readonly serverState: Digest;
}

export interface UpdateResult {
  readonly stored: StoredVersion;
  /** trainLoss and other scalars that edges reported; loss and accuracy of the central evaluation. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What the round's edges found of the version that they went on from; null where they judged none. */
  readonly evaluation: FederatedEvaluation | null;
  /** Of the versions up to this one. */
  readonly standing: Standing;
  /** Why the task is finished with this version, or null. */
  readonly finish: string | null;
}

export interface UpdateInput {
  readonly task: { readonly id: TaskId; readonly spec: TaskSpec; readonly algorithm: Algorithm; readonly config: unknown; readonly layout: Layout };
  readonly house: { readonly clock: Clock; readonly blobs: BlobStore; readonly evaluator: Pick<Evaluator, 'evaluate'>; readonly logger: Logger };
  readonly round: number;
  readonly state: ServerState;
  /** Number that the new version gets. */
  readonly version: number;
  /** Rounds of the task that have made a version, this one among them. */
  readonly committed: number;
  /** What the round's reports come to. */
  readonly combined: Combined;
  /** Of the versions before. */
  readonly standing: Standing;
  /** What else is known of the reports, by name. */
  readonly measured: Readonly<Record<string, number>>;
  readonly point: (name: RoundPoint) => void;
}

/** Computes, stores and evaluates the next version. The same input gives the same blobs: after a crash it is done again. @throws not_finite, storage_failed */
export async function runUpdate({ task, house, round, state, version, committed, combined, standing: before, measured, point }: UpdateInput): Promise<UpdateResult> {
  const { merged } = combined;
  const next = computeUpdate(task, state, combined);
  point('update-computed');
  const stored = await storeVersion(house.blobs, task.layout, next);
  point('checkpoint-stored');
  // Where a part of the model stays on the edges, what is here is no model that anybody uses.
  const evaluating = trainsModel(task.spec) && task.algorithm.personal?.stays !== 'part' ? house.evaluator.evaluate(task.id, task.spec, next.parameters, version) : Promise.resolve(null);
  const evaluation = await withinTime(house.clock, EVALUATION_MS, evaluating).catch((thrown: unknown) => {
    house.logger.warn({ task: task.id, round, err: toMurmurError(thrown) }, 'the evaluation failed; the round is committed without it');
    return null;
  });
  const metrics = { ...scalarsOf(merged), ...measured, ...measuresOf(evaluation) };
  const found = summariseEvaluation(task.spec, merged);
  // The edges judged the version that they went on from, the coordinator judges what came of it.
  const judgedByEdges = found === null ? before : noteVersion(task.spec, before, { version: version - 1, metrics: {}, evaluation: found });
  const standing = noteVersion(task.spec, judgedByEdges, { version, metrics });
  return { stored, metrics, evaluation: found, standing, finish: reasonToFinish(task.spec, committed, metrics) ?? outOfPatience(task.spec, standing) };
}

/** @throws timeout; the work itself goes on, and nobody waits for it */
function withinTime<T>(clock: Clock, limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(new MurmurError('timeout', `the evaluation took longer than ${limitMs / 60_000} minutes`)));
    work.then(resolve, reject).finally(cancel);
  });
}

/** Among the vectors of the server half, which are its algorithm's own but for this one. */
const REMEMBERED = 'aggregation:last';

/** What the aggregation rule came to for this version, where it wants to know; else null. */
export const rememberedIn = ({ vectors }: ServerState): Float32Array | null => (Object.hasOwn(vectors, REMEMBERED) ? vectors[REMEMBERED] : null);

const withRemembered = (state: ServerState, remembered: Float32Array | null): ServerState => (remembered === null ? state : { ...state, vectors: { ...state.vectors, [REMEMBERED]: remembered } });

/** Runs the server half. @throws not_finite when what comes out is no model any more */
function computeUpdate({ algorithm, config, layout }: UpdateInput['task'], state: ServerState, { merged, remembered }: Combined): ServerState {
  const next = withRemembered(algorithm.update(state, merged, config, layout), remembered);
  // The sum tells whether all are finite, several times faster than a look at each; only then is the culprit looked for.
  if (Number.isFinite(sumOfSquares(next.parameters))) return next;
  const wrong = next.parameters.findIndex((value) => !Number.isFinite(value));
  throw new MurmurError('not_finite', `the update made weight ${wrong} ${next.parameters[wrong]}; a smaller learning rate or a bound on the norm of reports may help`);
}

/** Durable when it resolves; storing the same version again gives the same digests. */
export async function storeVersion(blobs: BlobStore, layout: Layout, state: ServerState): Promise<StoredVersion> {
  const checkpoint = encodeCheckpoint(createParameters(layout, state.parameters));
  const [digest, serverState] = await Promise.all([blobs.put(checkpoint), blobs.put(encodeServerState(state))]);
  return { state, checkpoint: digest, bytes: checkpoint.byteLength, serverState };
}

export function versionRecord({ stored, metrics }: UpdateResult, version: number, round: number, createdAt: number): VersionRecord {
  return { version, round, checkpoint: stored.checkpoint, bytes: stored.bytes, serverState: stored.serverState, createdAt, metrics };
}

/** What is stored of the standing with the version: which one is the best so far. */
export const labelsOf = ({ standing: { best } }: UpdateResult): Pick<Transition, 'labels'> => (best === null ? {} : { labels: { best: best.version } });

/** Scalar means that edges reported (training loss, …), by name; what they found of the version before is none of this one's. */
function scalarsOf(merged: MergedStatistic): Record<string, number> {
  return Object.fromEntries(Object.entries(merged.fields).flatMap(([name, values]) => (values.length === 1 && !isEvaluationField(name) ? [[name, values[0]]] : [])));
}

export function measuresOf(evaluation: Evaluation | null): Record<string, number> {
  if (!evaluation) return {};
  return evaluation.accuracy === null ? { loss: evaluation.loss } : { loss: evaluation.loss, accuracy: evaluation.accuracy };
}

function reasonToFinish({ stop }: TaskSpec, committed: number, metrics: Readonly<Record<string, number>>): string | null {
  const accuracy = metrics.accuracy ?? null;
  if (stop.accuracy !== null && accuracy !== null && accuracy >= stop.accuracy) return `accuracy ${accuracy.toFixed(4)} reached the target ${stop.accuracy}`;
  if (stop.rounds !== null && committed >= stop.rounds) return `${stop.rounds} ${stop.rounds === 1 ? 'round is' : 'rounds are'} committed`;
  return null;
}
