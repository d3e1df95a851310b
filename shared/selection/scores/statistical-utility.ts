/**
 * Statistical utility: whose examples the model serves worst has most to teach it (Oort; Lai et al. 2021, section 4.2): examples
 * times loss, clipped, plus a staleness term that grows while an edge is not asked. The sampler `oort` is the whole procedure.
 */
import { z } from 'zod';
import { defineScore, weight } from '../score.ts';
import { clippedFractions, staleness, statisticalUtility } from '../utility.ts';

export const statistical = defineScore({
  name: 'statisticalUtility',
  settings: z.strictObject({
    name: z.literal('statisticalUtility'),
    weight,
    /** Utilities above this quantile count as much as it. */
    clip: z.number().positive().max(1).default(0.95),
    /** Score of an edge of which no loss is known. */
    untried: z.number().min(0).max(1).default(1),
  }),
  readsReports: true,
  rate({ candidates, settings: { clip, untried }, context: { round, trackOf } }) {
    const fractions = clippedFractions(candidates.map(({ edge, examples }) => statisticalUtility(examples, trackOf(edge))), clip);
    const values = fractions.map((fraction, i) => (fraction === null ? null : fraction + staleness(round, trackOf(candidates[i].edge)?.lastReportedRound ?? 1)));
    const most = values.reduce<number>((largest, value) => Math.max(largest, value ?? 0), 0);
    return Float64Array.from(values, (value) => (value === null ? untried : most === 0 ? 0 : value / most));
  },
});
