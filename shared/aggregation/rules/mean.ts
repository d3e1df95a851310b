/** The mean weighted by examples (McMahan et al. 2017): merges as reports arrive, and one report can move it anywhere. */
import { z } from 'zod';
import { MurmurError } from '../../errors.ts';
import type { AggregationRule } from '../rule.ts';

const Settings = z.strictObject({ rule: z.literal('mean') });

export const mean = {
  name: 'mean',
  summary: 'The mean, weighted by examples (McMahan et al. 2017)',
  settings: Settings,
  needs: () => ({ kind: 'sum', largestNorm: null }),
  bound: () => ({ reports: 1, formula: '1' }),
  pairwise: false,
  remembers: false,
  combine: () => Promise.reject(new MurmurError('internal', 'the mean merges as reports arrive')),
} as const satisfies AggregationRule<z.output<typeof Settings>>;
