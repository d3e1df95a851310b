/**
 * A range test of learning rates (Smith 2017, "Cyclical learning rates for training neural networks", section 3.3), over rounds:
 * the rate grows by the same factor from each round to the next, along one run, and the loss at each tells which are good.
 */
import { MurmurError } from '../errors.ts';

export interface RateRange {
  readonly from: number;
  readonly to: number;
  /** Rates that are tried, one a round. */
  readonly rounds: number;
}

/** What one round says of its rate. */
export interface TriedRate {
  readonly rate: number;
  /** Mean training loss of the round; null where it was aborted, as one whose update is no number. */
  readonly loss: number | null;
}

export interface RateChoice {
  /** null: none of those that were tried is one to recommend. */
  readonly rate: number | null;
  /** Why this one, or why none; a sentence for people. */
  readonly reason: string;
  /** The rate at which the loss fell most from round to round, the one at which it was lowest, and the first at which it ran away; null where there is none. */
  readonly steepest: number | null;
  readonly lowest: number | null;
  readonly diverged: number | null;
}

/** The whole task with rates that grow: any other setting as its author wrote it. @throws bad_task_spec for an algorithm without a rate of its own */
export function withGrowingRate(algorithm: Readonly<Record<string, unknown>>, { from, to, rounds }: RateRange): Record<string, unknown> {
  const growing = { schedule: 'geometric', initial: from, final: to, rounds };
  if ('learningRate' in algorithm) return { ...algorithm, learningRate: growing };
  const { server } = algorithm;
  if (typeof server === 'object' && server !== null) return { ...algorithm, server: { ...server, learningRate: growing } };
  throw new MurmurError('bad_task_spec', `the algorithm ${String(algorithm.name)} has no learning rate to try out`);
}

/** The rates of a test, in order. */
export const ratesOf = ({ from, to, rounds }: RateRange): number[] => Array.from({ length: rounds }, (_, i) => from * (to / from) ** (i / (rounds - 1)));

/** How a round that ended speaks of its rate. */
export interface EndedRound {
  readonly outcome: 'committed' | 'aborted';
  readonly reason: string | null;
  readonly trainLoss: number | null;
}

/** The loss at a round's rate: infinite where training ran away, null where the round ended for another reason. */
export function lossAt({ outcome, reason, trainLoss }: EndedRound): number | null {
  if (outcome === 'committed') return trainLoss === null || Number.isFinite(trainLoss) ? trainLoss : Infinity;
  return reason?.startsWith('the update failed') ? Infinity : null;
}

/** Times the lowest loss before. */
const RAN_AWAY = 2;
/** Of the first loss: who has fallen less has learned nothing. */
const LEARNED = 0.1;

/** True once more rounds would tell nothing more: what ran away does not come back. */
export const hasRunAway = (tried: readonly TriedRate[]): boolean => divergedAt(tried) !== null;

function divergedAt(tried: readonly TriedRate[]): number | null {
  let least = Infinity;
  for (const [i, { loss }] of tried.entries()) {
    if (loss === null) continue;
    if (loss > RAN_AWAY * least || !Number.isFinite(loss)) return i;
    least = Math.min(least, loss);
  }
  return null;
}

/** So far, at least, the rate that is recommended keeps from the one at which training ran away. */
const MARGIN = 3;

/**
 * The rate at which the loss was lowest, where training ran away at a rate far above it or at none. Else the middle, by logarithms,
 * between that and the one at which the loss fell most, which is sure to learn and farther from where it runs away.
 */
export function chooseRate(tried: readonly TriedRate[]): RateChoice {
  const away = divergedAt(tried);
  const diverged = away === null ? null : tried[away].rate;
  const sound = tried.slice(0, away ?? tried.length).flatMap(({ rate, loss }) => (loss === null ? [] : [{ rate, loss }]));
  const none = (reason: string): RateChoice => ({ rate: null, reason, steepest: null, lowest: null, diverged });
  if (sound.length < 3) return none(diverged === null ? 'fewer than three rounds told a loss' : `training ran away at ${short(diverged)} already, before three rates were tried: begin with smaller ones`);
  const lowestAt = sound.reduce((best, { loss }, i) => (loss < sound[best].loss ? i : best), 0);
  if (sound[lowestAt].loss > (1 - LEARNED) * sound[0].loss) return none(`at none of these rates did the loss fall by ${100 * LEARNED} % or more${diverged === null ? ': try larger ones' : ''}`);
  let steepestAt = 1;
  for (let i = 1; i <= lowestAt; i++) if (sound[i - 1].loss - sound[i].loss > sound[steepestAt - 1].loss - sound[steepestAt].loss) steepestAt = i;
  const [steepest, lowest] = [sound[steepestAt].rate, sound[lowestAt].rate];
  const close = diverged !== null && diverged < MARGIN * lowest;
  const rate = Number((close ? Math.sqrt(steepest * lowest) : lowest).toPrecision(2));
  const end = diverged !== null ? `it ran away at ${short(diverged)}${close ? ', close to that' : ''}` : lowestAt === sound.length - 1 ? 'it was still falling at the last one: larger ones may be better still' : 'it rose behind that, and did not run away';
  return { rate, reason: `the loss fell most at ${short(steepest)} and was lowest at ${short(lowest)}; ${end}`, steepest, lowest, diverged };
}

const short = (rate: number): string => String(Number(rate.toPrecision(2)));
