/** Memory that training could take, MiB. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

export const freeMemory = defineCriterion({
  name: 'freeMemory',
  settings: z.strictObject({ atLeast: z.number().positive(), ...onUnknown }),
  subject: 'the free memory',
  check({ conditions }, { atLeast }) {
    if (conditions.freeMemoryMiB === UNKNOWN) return UNKNOWN;
    return conditions.freeMemoryMiB >= atLeast ? null : conditions.freeMemoryMiB;
  },
  threshold: ({ atLeast }) => atLeast,
  sentence: (value, { atLeast }) => `${Math.round(Number(value))} MiB of memory are free, at least ${atLeast} MiB are asked`,
  wish: ({ atLeast }) => `at least ${atLeast} MiB of memory are free`,
});
