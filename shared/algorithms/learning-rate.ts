/**
 * Learning rates that change from round to round: linear warm-up (Goyal et al. 2017), then a schedule. Steps and exponential
 * decay are the usual ones, the cosine is of Loshchilov and Hutter 2017 without restarts, the inverse root that of
 * Vaswani et al. 2017. Whoever knows the number of the round works the rate out: the coordinator, or a peer for itself.
 */
import { z } from 'zod';

const rate = z.number().nonnegative();
const common = {
  /** The rate behind the warm-up. */
  initial: rate,
  /** Rounds of linear rise: in round r of W the rate is `initial · r / (W + 1)`, and the schedule begins behind them. */
  warmupRounds: z.int().nonnegative().default(0),
};

const Schedule = z.discriminatedUnion('schedule', [
  z.strictObject({ schedule: z.literal('constant'), ...common }),
  /** Every so many rounds the rate is multiplied by `factor`. */
  z.strictObject({ schedule: z.literal('step'), ...common, every: z.int().positive(), factor: z.number().positive().max(1).default(0.1) }),
  /** In each round the rate is multiplied by `factor`. */
  z.strictObject({ schedule: z.literal('exponential'), ...common, factor: z.number().positive().max(1) }),
  /** Half a cosine from `initial` down to `final`, which is reached after `rounds` and stays. */
  z.strictObject({ schedule: z.literal('cosine'), ...common, rounds: z.int().positive(), final: rate.default(0) }),
  /** From `initial` to `final` by the same factor each round, and on with that: a growing one tries rates out (Smith 2017, `rate-test.ts`). */
  z.strictObject({ schedule: z.literal('geometric'), ...common, initial: rate.positive(), final: rate.positive(), rounds: z.int().min(2) }),
  /** `initial / √(1 + t)`, t rounds after the warm-up. */
  z.strictObject({ schedule: z.literal('inverse-sqrt'), ...common }),
]);

/** The same in all rounds, or a schedule. */
export const LearningRate = z.union([rate, Schedule]);
export type LearningRate = z.infer<typeof LearningRate>;

/** @param round from 1 */
export function rateAt(setting: LearningRate, round: number): number {
  if (typeof setting === 'number') return setting;
  const { initial, warmupRounds } = setting;
  if (round <= warmupRounds) return (initial * round) / (warmupRounds + 1);
  const t = round - warmupRounds - 1;
  switch (setting.schedule) {
    case 'constant':
      return initial;
    case 'step':
      return initial * setting.factor ** Math.floor(t / setting.every);
    case 'exponential':
      return initial * setting.factor ** t;
    case 'cosine': {
      const done = Math.min(t / setting.rounds, 1);
      return setting.final + ((initial - setting.final) * (1 + Math.cos(Math.PI * done))) / 2;
    }
    case 'geometric':
      return initial * (setting.final / initial) ** Math.min(t / (setting.rounds - 1), 1);
    case 'inverse-sqrt':
      return initial / Math.sqrt(1 + t);
  }
}

/** Of an algorithm's setting whose local steps have a rate, in this round; null where they have none. @param round from 1 */
export function localRateOf(algorithm: object, round: number): number | null {
  const setting = LearningRate.safeParse('learningRate' in algorithm ? algorithm.learningRate : undefined);
  return setting.success ? rateAt(setting.data, round) : null;
}
