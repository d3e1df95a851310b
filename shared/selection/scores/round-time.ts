/**
 * Expected round time: measured in earlier rounds, else estimated from speed, network, model size and examples. The formula
 * is Oort's system utility (Lai et al. 2021, section 4.3): 1 up to the preferred time T, (T / t)^α beyond.
 */
import { z } from 'zod';
import { expectedRoundMs } from '../expected-round.ts';
import { defineScore, weight } from '../score.ts';
import { systemUtility } from '../utility.ts';

export const roundTime = defineScore({
  name: 'roundTime',
  settings: z.strictObject({
    name: z.literal('roundTime'),
    weight,
    /** T; null: the shortest time that is expected of a candidate. */
    preferredSeconds: z.number().positive().nullable().default(null),
    alpha: z.number().positive().max(10).default(1),
    /** Score of an edge of which no time is known. */
    untried: z.number().min(0).max(1).default(0.5),
  }),
  readsReports: false,
  rate({ candidates, settings: { preferredSeconds, alpha, untried }, context }) {
    const times = candidates.map((candidate) => expectedRoundMs(candidate, context));
    const shortest = times.reduce<number>((least, time) => Math.min(least, time ?? Infinity), Infinity);
    const preferred = preferredSeconds === null ? shortest : preferredSeconds * 1000;
    return Float64Array.from(times, (time) => (time === null ? untried : systemUtility(time, preferred, alpha)));
  },
});
