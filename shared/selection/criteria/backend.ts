/** What the edge computes with. */
import { z } from 'zod';
import { BACKEND_NAMES } from '../../task/conditions.ts';
import { defineCriterion } from '../criterion.ts';

export const backend = defineCriterion({
  name: 'backend',
  settings: z.strictObject({ allow: z.array(z.enum(BACKEND_NAMES)).min(1) }),
  subject: null,
  check: ({ capabilities }, { allow }) => (allow.includes(capabilities.backend) ? null : capabilities.backend),
  threshold: ({ allow }) => allow.join(', '),
  sentence: (value, { allow }) => `computes with ${value}, one of ${allow.join(', ')} is asked`,
  wish: ({ allow }) => `the device computes with ${allow.join(' or ')}`,
});
