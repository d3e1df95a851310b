/** How far a run is, for a line in a terminal that is written again and again. */
import { formatDuration, formatPercent } from '../../shared/format.ts';
import type { RoundLine, RunLine } from './record.ts';
import { expectedRound, lastRoundOf } from './expected-round.ts';
import { accuracyCurve, crossing, roundOf, type Point } from './summary.ts';

export interface ProgressOptions {
  /** The round after which the run ends in any case; null: none. */
  readonly maxRounds: number | null;
}

export interface Progress {
  readonly round: number;
  /** Best central accuracy so far; null before the first evaluation. */
  readonly accuracy: number | null;
  readonly target: number | null;
  /** Whether the target was reached. */
  readonly reached: boolean;
  /** Real milliseconds of a round, the median of the last ones; null before the first. */
  readonly roundMs: number | null;
  /** Virtual milliseconds since the start. */
  readonly virtualMs: number;
  readonly aborted: number;
  /** Real milliseconds; null while nobody can know. */
  readonly leftMs: number | null;
}

/** Rounds that tell how long one takes, and how the curve goes on. */
const RECENT = 15;
const FEWEST = 4;

/** @param rounds oldest first */
export function progressOf({ target }: Pick<RunLine, 'target'>, rounds: readonly RoundLine[], { maxRounds }: ProgressOptions): Progress {
  const last = rounds.at(-1);
  const round = last?.round ?? 0;
  const curve = accuracyCurve(rounds, roundOf);
  const roundMs = medianOf(rounds.slice(-RECENT).map(({ wallMs }) => wallMs));
  const end = lastRoundOf({ target, maxRounds }, target === null ? null : roundOfTarget(curve, target));
  return {
    round, target, roundMs,
    accuracy: curve.length === 0 ? null : curve.reduce((best, { y }) => Math.max(best, y), 0),
    reached: target !== null && crossing(curve, target) !== null,
    virtualMs: last?.virtualMs ?? 0,
    aborted: rounds.filter(({ outcome }) => outcome === 'aborted').length,
    leftMs: roundMs === null || end === null ? null : Math.max(0, end - round) * roundMs,
  };
}

function medianOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The round that reached the target, or will where the curve goes on as it does. */
function roundOfTarget(curve: readonly Point[], target: number): number | null {
  const reached = crossing(curve, target);
  return reached === null ? expectedRound(curve.slice(-RECENT).map(({ x, y }) => ({ round: x, accuracy: y })), target, FEWEST) : Math.ceil(reached);
}

/** 0.18 s, where `formatDuration` would say 180 ms: the unit does not change while one looks at it. */
const secondsOf = (ms: number): string => (ms < 9950 ? `${(ms / 1000).toFixed(ms < 995 ? 2 : 1)} s` : formatDuration(ms));

/** Seconds in fives, minutes whole: a guess is not known better. */
export function formatGuess(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 5) return 'a few seconds';
  if (seconds < 57.5) return `about ${5 * Math.round(seconds / 5)} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `about ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `about ${hours} h ${(minutes % 60).toString().padStart(2, '0')} min` : `about ${Math.round(hours / 24)} d`;
}

/** `Round 37 · 96.1 % (target 97 %) · 0.18 s a round · 12 min of virtual time · about 20 s left`; what is not known is left out. */
export function progressLine(progress: Progress): string {
  if (progress.round === 0) return 'Starting …';
  const target = progress.target === null ? '' : ` (target ${Number((100 * progress.target).toFixed(2))} %${progress.reached ? ', reached' : ''})`;
  return [
    `Round ${progress.round}`,
    ...(progress.accuracy === null ? [] : [`${formatPercent(progress.accuracy, 1)}${target}`]),
    ...(progress.roundMs === null ? [] : [`${secondsOf(progress.roundMs)} a round`]),
    `${formatDuration(progress.virtualMs).replace(/ 00 (s|min|h)$/, '')} of virtual time`,
    ...(progress.aborted === 0 ? [] : [`${progress.aborted} aborted`]),
    ...(progress.leftMs === null || progress.leftMs === 0 ? [] : [`${formatGuess(progress.leftMs)} left`]),
  ].join(' · ');
}
