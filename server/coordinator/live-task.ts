/** What watchers see of a task and of an ended round. */
import type { FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import type { LiveRound, LiveStaleness, LiveTask } from '../../shared/protocol/live-view.ts';
import { isGossipTask, trainsModel, type TaskSpec } from '../../shared/task/task-spec.ts';
import type { RoundRecord, RoundTotals, TaskRecord, VersionRecord } from '../storage/store.ts';
import type { RoundState } from './round-state.ts';

export interface LiveCounts {
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly startedAt: number;
  readonly eligible: number;
  readonly running: boolean;
  /** The best version so far. */
  readonly best: number | null;
  /** Edges that may work at once; null with a barrier. */
  readonly concurrency: number | null;
}

export function liveTask(task: string, spec: TaskSpec, state: RoundState, version: VersionRecord, counts: LiveCounts): LiveTask {
  const active = counts.running && state.phase !== 'idle' && state.phase !== 'resting';
  return {
    task,
    description: spec.description,
    status: counts.running ? 'running' : 'stopped',
    statusReason: state.phase !== 'resting' ? null : counts.concurrency === null ? 'the last round was aborted; the next one begins soon' : 'the last update failed; edges are asked again soon',
    round: state.round,
    phase: active ? (state.phase) : null,
    phaseStartedAt: state.phaseStartedAt,
    deadline: state.deadline,
    goal: spec.round.goal,
    eligible: counts.eligible,
    selected: state.buffer?.issued ?? state.assignments.length,
    reported: state.reported,
    targetAccuracy: spec.stop.accuracy,
    maxRounds: spec.stop.rounds,
    version: version.version,
    best: counts.best,
    accuracy: version.metrics.accuracy ?? null,
    loss: version.metrics.loss ?? null,
    bytesUp: counts.bytesUp,
    bytesDown: counts.bytesDown,
    startedAt: counts.startedAt,
    ...(trainsModel(spec) ? {} : { withoutModel: true }),
    ...(counts.concurrency === null ? {} : { buffer: { working: state.open, concurrency: counts.concurrency, updating: state.phase === 'updating', staleness: stalenessOf(version) } }),
  };
}

/** Of the buffer that is closed, among the metrics of the version that is made of it. */
export function stalenessMeasures({ buffer }: RoundState): Readonly<Record<string, number>> {
  const closing = buffer?.closing ?? null;
  return closing === null ? {} : { staleness: closing.staleness.total / closing.reported, worstStaleness: closing.staleness.worst };
}

function stalenessOf({ metrics: { staleness, worstStaleness } }: VersionRecord): LiveStaleness | null {
  return staleness === undefined || worstStaleness === undefined ? null : { mean: staleness, worst: worstStaleness };
}

/** A task that nobody drives now. */
export function restingTask(task: TaskRecord, version: VersionRecord | null, lastRound: number, { bytesUp, bytesDown }: Pick<RoundTotals, 'bytesUp' | 'bytesDown'>, best: number | null): LiveTask {
  return {
    task: task.id, description: task.spec.description, status: task.status, statusReason: task.statusReason,
    round: lastRound, phase: null, phaseStartedAt: task.createdAt, deadline: null, goal: isGossipTask(task.spec) ? 0 : task.spec.round.goal,
    eligible: 0, selected: 0, reported: 0, targetAccuracy: task.spec.stop.accuracy, maxRounds: task.spec.stop.rounds,
    version: version?.version ?? 0, best, accuracy: version?.metrics.accuracy ?? null, loss: version?.metrics.loss ?? null,
    bytesUp, bytesDown, startedAt: task.createdAt,
    ...(trainsModel(task.spec) ? {} : { withoutModel: true }),
    // How many they are, who keeps their connections knows.
    ...(isGossipTask(task.spec) ? { swarm: { connected: 0 } } : {}),
  };
}

/** @param evaluation of its base version, as its edges found it */
export function liveRound(record: RoundRecord, version: VersionRecord | null, evaluation: FederatedEvaluation | null): LiveRound {
  const staleness = version === null ? null : stalenessOf(version);
  return {
    round: record.round,
    outcome: record.outcome === 'committed' ? 'committed' : 'aborted',
    reason: record.reason,
    version: record.version,
    accuracy: version?.metrics.accuracy ?? null,
    loss: version?.metrics.loss ?? null,
    trainLoss: version?.metrics.trainLoss ?? null,
    ...(staleness === null ? {} : { staleness }),
    ...(version === null || evaluation === null ? {} : { evaluation: { ...evaluation, version: record.baseVersion } }),
    eligible: record.eligible,
    selected: record.selected,
    reported: record.reported,
    reasons: record.reasons,
    bytesUp: record.bytesUp,
    bytesDown: record.bytesDown,
    phaseMs: record.phaseMs,
    durationMs: (record.endedAt ?? record.startedAt) - record.startedAt,
    endedAt: record.endedAt ?? record.startedAt,
  };
}
