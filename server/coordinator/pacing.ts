/**
 * Pace steering: when an edge that is not needed now should check in again.
 *
 * Few edges are told to come back together, as the next round begins, so that enough of them are there at once. Many are
 * spread at random, so that about as many return as rounds need and the coordinator can answer; where it is their number
 * that follows the time of day, the waits follow it, and the load stays flat. Nothing is kept of a single edge.
 *
 * Bonawitz et al., "Towards Federated Learning at Scale: System Design", MLSys 2019, section 2.3. The formulas are ours.
 */
import type { RandomSource } from '../../shared/random.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import { NO_RHYTHM, rhythmAt, withCheckIn } from './daily-rhythm.ts';

/** Where a task has just begun to wait for edges, each is wanted back at once, … */
const SOON_MS = 500;
/** … and the longer it has waited, or the next round is overdue, the less often: after this share of that time. A night without anybody eligible must not keep thousands awake. */
const PATIENCE = 0.25;
/** Check-ins that a coordinator is asked to answer, whatever the number of its edges. */
const MOST_CHECK_INS_A_SECOND = 500;
/** How many come back in the time of a round for each that it asks. */
const RETURNS_FOR_EACH_ASKED = 3;
/** Of the task's come-back time: how far the needs of rounds may stretch it. */
const LONGEST_STRETCH = 10;
/** Of the greatest age of conditions: a mean wait no longer than this leaves nobody's stale, as none is longer than one and a half times the mean. */
const FRESH_SHARE = 0.6;
/** Bounds of what the time of day does. */
const [LEAST_RHYTHM, MOST_RHYTHM] = [0.5, 3];
/** How much of the mean time between two rounds the last one makes up. */
const NEWEST = 0.3;
/** Without any task to serve. */
const NO_TASK_MS = 10_000;

export interface Crowd {
  /** Edges that could be drawn now. */
  readonly eligible: number;
  /** All that are connected: they make the load. */
  readonly online: number;
  /** The task lacks edges: its round has not drawn yet. */
  readonly waiting: boolean;
}

export interface Pacing {
  roundBegan(at: number): void;
  /** Milliseconds until somebody who is there at `at` should check in again. */
  comeBackAfter(at: number, crowd: Crowd): number;
  /** The same for an edge that has just checked in: it is counted in the rhythm of the day. */
  checkedIn(at: number, crowd: Crowd): number;
}

type PacedSpec = { readonly round: Pick<TaskSpec['round'], 'comeBackSeconds'>; readonly selection: Pick<TaskSpec['selection'], 'conditionsMaxAgeSeconds'> };

/** `asked` is how many edges a round asks. Deterministic, given the random source. */
export function createPacing(spec: PacedSpec, asked: number, random: RandomSource): Pacing {
  const typicalMs = spec.round.comeBackSeconds * 1000;
  const longestMs = Math.max(typicalMs, Math.min(LONGEST_STRETCH * typicalMs, FRESH_SHARE * spec.selection.conditionsMaxAgeSeconds * 1000));
  let rhythm = NO_RHYTHM;
  let lastBegin: number | null = null;
  let roundMs: number | null = null;

  /** One instant for all who ask before it: when the next round is likely to begin. */
  function togetherMs(at: number, waiting: boolean): number {
    const soon = Math.min(SOON_MS, typicalMs);
    if (lastBegin === null || (roundMs === null && !waiting)) return soon;
    // Of a round that is under way, when the next one is due; it may be overdue.
    const due = waiting ? lastBegin : lastBegin + (roundMs ?? 0);
    return Math.min(typicalMs, Math.max(soon, due > at ? due - at : PATIENCE * (at - due)));
  }

  function meanMs(at: number, eligible: number): number {
    const byDay = typicalMs * Math.min(MOST_RHYTHM, Math.max(LEAST_RHYTHM, rhythmAt(rhythm, at)));
    const byNeed = (eligible * (roundMs ?? 0)) / (RETURNS_FOR_EACH_ASKED * asked);
    return Math.min(longestMs, Math.max(byDay, byNeed));
  }

  function comeBackAfter(at: number, { eligible, online, waiting }: Crowd): number {
    const floorMs = (online * 1000) / MOST_CHECK_INS_A_SECOND;
    if (eligible < 2 * asked) {
      const together = togetherMs(at, waiting);
      // A crowd of which hardly anybody is eligible is a crowd all the same.
      return Math.round(together >= floorMs ? together : spread(floorMs, random));
    }
    return Math.round(spread(Math.max(floorMs, meanMs(at, eligible)), random));
  }

  return {
    roundBegan(at) {
      if (lastBegin !== null && at > lastBegin) roundMs = roundMs === null ? at - lastBegin : roundMs + NEWEST * (at - lastBegin - roundMs);
      lastBegin = at;
    },
    comeBackAfter,
    checkedIn(at, crowd) {
      const afterMs = comeBackAfter(at, crowd);
      rhythm = withCheckIn(rhythm, at, afterMs);
      return afterMs;
    },
  };
}

/** For an edge that serves no task that runs: it hears of a new one as long as it is connected. Milliseconds. */
export function comeBackWithoutTask(online: number, random: RandomSource): number {
  return Math.round(spread(Math.max(NO_TASK_MS, (online * 1000) / MOST_CHECK_INS_A_SECOND), random));
}

/** Uniform over 0.5–1.5 times the mean. */
function spread(meanMs: number, random: RandomSource): number {
  return meanMs * (0.5 + random.next());
}
