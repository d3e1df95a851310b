/** The least number of training examples that makes a report worth its traffic. */
import { z } from 'zod';
import { formatCount } from '../../format.ts';
import { defineCriterion } from '../criterion.ts';

export const examples = defineCriterion({
  name: 'examples',
  settings: z.strictObject({ atLeast: z.int().positive() }),
  subject: null,
  check: (candidate, { atLeast }) => (candidate.examples >= atLeast ? null : candidate.examples),
  threshold: ({ atLeast }) => atLeast,
  sentence: (value, { atLeast }) => `${value} examples, at least ${atLeast} are asked`,
  wish: ({ atLeast }) => `there are at least ${formatCount(atLeast)} examples`,
});
