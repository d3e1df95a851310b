/** How long until the target, or the last round, said honestly: only once there is something to go by. */
import { expectedRound, lastRoundOf } from '../../simulations/run/expected-round.ts';

export interface Progress {
  /** Central accuracy after each committed round, by round, oldest first. */
  readonly accuracies: readonly { readonly round: number; readonly accuracy: number }[];
  readonly target: number | null;
  /** The round after which the task ends in any case. */
  readonly maxRounds: number | null;
  /** The round that runs now. */
  readonly round: number;
  /** How long a round takes. */
  readonly roundMs: number | null;
  /** How long the running one has taken already. */
  readonly elapsedMs: number;
}

const POINTS = 6;
const FEWEST_POINTS = 3;

/** Milliseconds; null while nobody can know. */
export function estimateTimeLeft(progress: Progress): number | null {
  const last = lastRoundOf(progress, roundOfTarget(progress));
  if (progress.roundMs === null || last === null) return null;
  const whole = Math.max(1, last - progress.round + 1) * progress.roundMs;
  // The round in hand may already have taken longer than rounds do: it ends soon, not in the past.
  return Math.max(whole - Math.min(progress.elapsedMs, progress.roundMs), 0);
}

/** The first round at which the continued curve reaches the target; null where it would not within ten times the way so far. */
export function roundOfTarget({ accuracies, target }: Pick<Progress, 'accuracies' | 'target'>): number | null {
  return target === null ? null : expectedRound(accuracies.slice(-POINTS), target, FEWEST_POINTS);
}
