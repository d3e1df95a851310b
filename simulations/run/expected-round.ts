/**
 * When a learning curve will reach its target, said honestly: only once there is something to go by. The error of federated
 * averaging falls roughly as a power of the round, so the last points on log–log axes are continued as a line.
 */

export interface Evaluation {
  /** From 1. */
  readonly round: number;
  readonly accuracy: number;
}

/**
 * The first round after the last one at which the continued curve reaches the target; null for too few points, for a curve that no longer
 * falls, and where the target would not be reached within ten times the way so far.
 * @param recent the points to continue, oldest first
 */
export function expectedRound(recent: readonly Evaluation[], target: number, fewest: number): number | null {
  // A perfect score has no place on a logarithmic axis.
  const points = recent.filter(({ accuracy }) => accuracy < 1);
  if (points.length < fewest) return null;
  const xs = points.map(({ round }) => Math.log(round));
  const ys = points.map(({ accuracy }) => Math.log(1 - accuracy));
  const meanX = xs.reduce((a, b) => a + b, 0) / xs.length;
  const meanY = ys.reduce((a, b) => a + b, 0) / ys.length;
  const slope = xs.reduce((sum, x, i) => sum + (x - meanX) * (ys[i] - meanY), 0) / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  if (!(slope < 0) || target >= 1) return null;
  const round = Math.ceil(Math.exp(meanX + (Math.log(1 - target) - meanY) / slope) - 1e-9);
  const now = points[points.length - 1].round;
  // The line runs through the points' middle: it may say that the target is behind us when it is not.
  return round > 10 * now ? null : Math.max(round, now + 1);
}

export interface RunLimits {
  readonly target: number | null;
  /** The round after which the run ends in any case; null: none. */
  readonly maxRounds: number | null;
}

/**
 * The round at which a run ends, as far as it can be known. Where there is a target, the number of rounds is a bound far beyond it as a rule: nothing to
 * go by before the target is in sight.
 * @param ofTarget the round that reached the target or is expected to; null: neither
 */
export function lastRoundOf({ target, maxRounds }: RunLimits, ofTarget: number | null): number | null {
  if (target === null) return maxRounds;
  return ofTarget === null || maxRounds === null ? ofTarget : Math.min(ofTarget, maxRounds);
}
