/** Downlink as the device estimates it, megabits a second. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

export const downlink = defineCriterion({
  name: 'downlink',
  settings: z.strictObject({ atLeast: z.number().positive(), ...onUnknown }),
  subject: 'the downlink',
  check({ conditions }, { atLeast }) {
    if (conditions.downlink === UNKNOWN) return UNKNOWN;
    return conditions.downlink >= atLeast ? null : conditions.downlink;
  },
  threshold: ({ atLeast }) => atLeast,
  sentence: (value, { atLeast }) => `downlink ${value} Mbit/s, at least ${atLeast} Mbit/s is asked`,
  wish: ({ atLeast }) => `the downlink is at least ${atLeast} Mbit/s`,
});
