/** What both terminal views show, gathered from the live state and the ended rounds. */
import type { LiveEdge, LiveRound, LiveState, LiveTask } from '../../shared/protocol/live-view.ts';
import { estimateTimeLeft } from './time-left.ts';

/** Rounds over which the time of one is taken. */
const TIMED_ROUNDS = 5;

export interface ViewModel {
  readonly url: string;
  readonly task: LiveTask;
  readonly edges: readonly LiveEdge[];
  readonly edgesInAll: number;
  /** Oldest first. */
  readonly rounds: readonly LiveRound[];
  readonly elapsedMs: number;
  readonly leftMs: number | null;
}

export interface ViewInput {
  readonly url: string;
  readonly taskName: string;
  readonly state: LiveState;
  readonly rounds: readonly LiveRound[];
  readonly elapsedMs: number;
}

/** null while the coordinator does not know the task yet. */
export function viewModelOf({ url, taskName, state, rounds, elapsedMs }: ViewInput): ViewModel | null {
  const task = state.tasks.find((candidate) => candidate.task === taskName);
  return task === undefined ? null : { url, task, edges: state.edges, edgesInAll: state.edgesInAll, rounds, elapsedMs, leftMs: task.status === 'running' ? leftOf(task, rounds, state.now) : null };
}

export function leftOf(task: LiveTask, rounds: readonly LiveRound[], now: number): number | null {
  const times = rounds.filter(({ outcome }) => outcome === 'committed').slice(-TIMED_ROUNDS).map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const lastEnd = rounds.at(-1)?.endedAt ?? task.startedAt;
  return estimateTimeLeft({
    accuracies: rounds.flatMap(({ round, accuracy }) => (accuracy === null ? [] : [{ round, accuracy }])),
    target: task.targetAccuracy,
    maxRounds: task.maxRounds,
    round: task.round,
    roundMs: times.length === 0 ? null : times[times.length >> 1],
    elapsedMs: Math.max(0, now - lastEnd),
  });
}
