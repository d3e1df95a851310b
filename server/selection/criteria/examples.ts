/** The least number of training examples that makes a report worth its traffic. */
import type { Criterion } from '../criterion.ts';

export const examples: Criterion<'examples'> = {
  name: 'examples',
  check: (candidate, { atLeast }) => (candidate.examples >= atLeast ? null : `${candidate.examples} examples, at least ${atLeast} are asked`),
};
