/** Whether somebody looks at the page; a Node agent is hidden. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

export const visibility = defineCriterion({
  name: 'visibility',
  settings: z.strictObject({ allow: z.array(z.enum(['visible', 'hidden'])).min(1), ...onUnknown }),
  subject: 'whether the page is visible',
  check({ conditions }, { allow }) {
    if (conditions.visibility === UNKNOWN) return UNKNOWN;
    return allow.includes(conditions.visibility) ? null : conditions.visibility;
  },
  threshold: ({ allow }) => allow.join(', '),
  sentence: (value, { allow }) => `the page is ${value}, ${allow.join(' or ')} is asked`,
  wish: ({ allow }) => (allow.length > 1 ? null : `the page is ${allow[0]}`),
});
