/** Fairness: who was not asked for longest comes first, and who never was has waited since before the first round. */
import { z } from 'zod';
import { defineScore, weight } from '../score.ts';

export const fairness = defineScore({
  name: 'fairness',
  settings: z.strictObject({ name: z.literal('fairness'), weight }),
  readsReports: false,
  rate({ candidates, context: { round, trackOf } }) {
    const waited = candidates.map(({ edge }) => Math.max(0, round - (trackOf(edge)?.lastAskedRound ?? 0)));
    const longest = waited.reduce((most, rounds) => Math.max(most, rounds), 1);
    return Float64Array.from(waited, (rounds) => rounds / longest);
  },
});
