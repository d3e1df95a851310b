/** Label coverage: enough examples of enough classes. Edges count by class only where the task asks and their owner agrees. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

export const labels = defineCriterion({
  name: 'labels',
  settings: z.strictObject({
    /** Classes that must be there … */
    classes: z.int().positive(),
    /** … each with so many examples. */
    atLeast: z.int().positive().default(1),
    ...onUnknown,
  }),
  subject: 'how many examples of each class it holds',
  check(candidate, { classes, atLeast }) {
    if (candidate.labels === null) return UNKNOWN;
    let covered = 0;
    for (const count of candidate.labels) if (count >= atLeast) covered++;
    return covered >= classes ? null : covered;
  },
  threshold: ({ classes }) => classes,
  sentence: (value, { classes, atLeast }) => `classes with ${atLeast} or more examples: ${value}, at least ${classes} are asked`,
  wish: ({ classes, atLeast }) => `there are ${classes} classes with ${atLeast} or more examples each`,
});
