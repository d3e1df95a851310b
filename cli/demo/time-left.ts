/**
 * How long until the target, said honestly: only once there is something to go by. The error of
 * federated averaging falls roughly as a power of the round, so the last points on log–log axes
 * are continued as a line; a curve that no longer falls gives no estimate.
 */

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
  const last = Math.min(...[progress.maxRounds, roundOfTarget(progress)].flatMap((round) => (round === null ? [] : [round])));
  if (progress.roundMs === null || !Number.isFinite(last)) return null;
  const whole = Math.max(1, last - progress.round + 1) * progress.roundMs;
  // The round in hand may already have taken longer than rounds do: it ends soon, not in the past.
  return Math.max(whole - Math.min(progress.elapsedMs, progress.roundMs), 0);
}

/** The first round at which the continued curve reaches the target; null where it would not within ten times the way so far. */
export function roundOfTarget({ accuracies, target }: Pick<Progress, 'accuracies' | 'target'>): number | null {
  if (target === null) return null;
  const recent = accuracies.slice(-POINTS).filter(({ accuracy }) => accuracy < 1);
  if (recent.length < FEWEST_POINTS) return null;
  const xs = recent.map(({ round }) => Math.log(round));
  const ys = recent.map(({ accuracy }) => Math.log(1 - accuracy));
  const meanX = xs.reduce((a, b) => a + b, 0) / xs.length;
  const meanY = ys.reduce((a, b) => a + b, 0) / ys.length;
  const slope = xs.reduce((sum, x, i) => sum + (x - meanX) * (ys[i] - meanY), 0) / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  if (!(slope < 0) || target >= 1) return null;
  const round = Math.ceil(Math.exp(meanX + (Math.log(1 - target) - meanY) / slope) - 1e-9);
  const now = recent[recent.length - 1].round;
  // The line runs through the points' middle: it may say that the target is behind us when it is not.
  return round > 10 * now ? null : Math.max(round, now + 1);
}
