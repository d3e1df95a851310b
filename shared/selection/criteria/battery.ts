/** Battery level: a device without a battery always meets it. */
import { z } from 'zod';
import { defineCriterion, onUnknown, percent, UNKNOWN } from '../criterion.ts';

export const battery = defineCriterion({
  name: 'battery',
  settings: z.strictObject({ atLeast: z.number().min(0).max(1), ...onUnknown }),
  subject: 'the battery level',
  check({ conditions }, { atLeast }) {
    if (conditions.battery === 'none') return null;
    if (conditions.battery === UNKNOWN) return UNKNOWN;
    return conditions.battery >= atLeast ? null : conditions.battery;
  },
  threshold: ({ atLeast }) => atLeast,
  sentence: (value, { atLeast }) => `battery ${percent(value)}, at least ${percent(atLeast)} is asked`,
  wish: ({ atLeast }) => `the battery holds at least ${percent(atLeast)}`,
});
