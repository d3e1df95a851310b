/**
 * How long an edge waits before it calls the coordinator again. Full jitter, uniform from 0 to a window that doubles with
 * each failure. The first window after a session was lost is the one that the coordinator told, which grows with the number
 * of its edges: a coordinator that comes back finds them spread over it, and one that stays away is called less and less.
 *
 * N edges with a window of W make less than 3·N/W attempts a second at any time: the n-th attempts of all are spread over
 * at least W·2ⁿ, and those at the longest window C ≥ 4·W come at e·N/C a second at most.
 */
import type { RandomSource } from '../../shared/random.ts';

const SHORTEST_WINDOW_MS = 500;
/** The longest window, where the coordinator's own is not a quarter of it or more. */
const LONGEST_WINDOW_MS = 30_000;
/** Who holds an assignment is waited for, and few do. */
const AT_WORK_WINDOW_MS = 5_000;

export interface LostSession {
  /** Attempts that failed since the last session; 0: it was just lost. */
  readonly failures: number;
  /** What the coordinator told last; 0 before it told anything. Milliseconds. */
  readonly windowMs: number;
  readonly atWork: boolean;
}

/** Milliseconds from which the wait is drawn: it is at most this. */
export function reconnectWindow({ failures, windowMs, atWork }: LostSession): number {
  const first = Math.max(SHORTEST_WINDOW_MS, atWork ? Math.min(windowMs, AT_WORK_WINDOW_MS) : windowMs);
  return Math.min(first * 2 ** Math.min(failures, 20), Math.max(LONGEST_WINDOW_MS, 4 * first));
}

export function reconnectWait(lost: LostSession, random: RandomSource): number {
  return random.next() * reconnectWindow(lost);
}
