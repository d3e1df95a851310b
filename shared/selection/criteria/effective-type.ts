/** How fast the network is, in the Network Information API's four classes. */
import { z } from 'zod';
import { EFFECTIVE_TYPES } from '../../task/conditions.ts';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

/** From slow to fast. */
const CLASSES = EFFECTIVE_TYPES.filter((type) => type !== UNKNOWN);

export const effectiveType = defineCriterion({
  name: 'effectiveType',
  settings: z.strictObject({ atLeast: z.enum(CLASSES), ...onUnknown }),
  subject: 'the network’s effective type',
  check({ conditions }, { atLeast }) {
    if (conditions.effectiveType === UNKNOWN) return UNKNOWN;
    return CLASSES.indexOf(conditions.effectiveType) >= CLASSES.indexOf(atLeast) ? null : conditions.effectiveType;
  },
  threshold: ({ atLeast }) => atLeast,
  sentence: (value, { atLeast }) => `the network is as fast as ${value}, at least ${atLeast} is asked`,
  wish: ({ atLeast }) => `the network is at least as fast as ${atLeast}`,
});
