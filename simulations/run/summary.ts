/** From the lines of a run's rounds to what is reported of it. */
import type { ResultLine, RoundLine, RunLine } from './record.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The best value so far at each point: a curve that never falls. */
export function bestSoFar(points: readonly Point[]): readonly Point[] {
  let best = -Infinity;
  return points.map(({ x, y }) => ({ x, y: (best = Math.max(best, y)) }));
}

/**
 * Where a curve first crosses a target, as the FedAvg paper counts rounds (McMahan et al. 2017, section 3): each point is raised to the
 * best value so far, and between points the curve is straight. Null where it never does; the first point's x where that is enough already.
 * @param points by growing x
 */
export function crossing(points: readonly Point[], target: number): number | null {
  const curve = bestSoFar(points);
  const at = curve.findIndex(({ y }) => y >= target);
  if (at <= 0) return at === 0 ? curve[0].x : null;
  const [before, after] = [curve[at - 1], curve[at]];
  return before.x + ((target - before.y) / (after.y - before.y)) * (after.x - before.x);
}

/** Accuracy of the versions that were evaluated, over whatever `along` says of a round. */
export function accuracyCurve(rounds: readonly RoundLine[], along: (line: RoundLine) => number): readonly Point[] {
  return rounds.flatMap((line) => (line.accuracy === null ? [] : [{ x: along(line), y: line.accuracy }]));
}

export const roundOf = (line: RoundLine): number => line.round;
export const virtualSecondsOf = (line: RoundLine): number => line.virtualMs / 1000;

/** First round, with a fraction, at which the best accuracy so far crosses the target; null where it never did, or where there is none. */
export function roundsToTarget(rounds: readonly RoundLine[], target: number | null): number | null {
  return target === null ? null : crossing(accuracyCurve(rounds, roundOf), target);
}

/** The same in virtual seconds from the start. */
export function virtualSecondsToTarget(rounds: readonly RoundLine[], target: number | null): number | null {
  return target === null ? null : crossing(accuracyCurve(rounds, virtualSecondsOf), target);
}

/** The last value that is there. */
function lastOf(rounds: readonly RoundLine[], value: (line: RoundLine) => number | null): number | null {
  return rounds.reduce<number | null>((last, line) => value(line) ?? last, null);
}

const sumOf = (rounds: readonly RoundLine[], value: (line: RoundLine) => number): number => rounds.reduce((sum, line) => sum + value(line), 0);

/**
 * What a run's last line says.
 * @param rounds oldest first, without repeats
 * @param digest of the last version's checkpoint
 */
export function resultOf({ scenario, seed, target }: Pick<RunLine, 'scenario' | 'seed' | 'target'>, rounds: readonly RoundLine[], { wallSeconds, digest, found }: Pick<ResultLine, 'wallSeconds' | 'digest' | 'found'>): ResultLine {
  const attackSuccess = lastOf(rounds, (line) => line.attackSuccess ?? null);
  return {
    type: 'result', scenario, seed,
    rounds: rounds.length === 0 ? 0 : rounds[rounds.length - 1].round,
    roundsToTarget: roundsToTarget(rounds, target),
    target,
    accuracy: lastOf(rounds, (line) => line.accuracy),
    loss: lastOf(rounds, (line) => line.loss),
    bytesUp: sumOf(rounds, (line) => line.bytesUp),
    bytesDown: sumOf(rounds, (line) => line.bytesDown),
    virtualSeconds: rounds.length === 0 ? 0 : virtualSecondsOf(rounds[rounds.length - 1]),
    virtualSecondsToTarget: virtualSecondsToTarget(rounds, target),
    wallSeconds, digest,
    ...(attackSuccess === null ? {} : { attackSuccess }),
    ...(found === undefined ? {} : { found }),
  };
}
