/** Training speed as it was measured on the device: steps a second on the reference model. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

export const speed = defineCriterion({
  name: 'speed',
  settings: z.strictObject({ atLeast: z.number().positive(), ...onUnknown }),
  subject: 'the training speed',
  check({ capabilities: { stepsPerSecond } }, { atLeast }) {
    if (stepsPerSecond === null) return UNKNOWN;
    return stepsPerSecond >= atLeast ? null : stepsPerSecond;
  },
  threshold: ({ atLeast }) => atLeast,
  sentence: (value, { atLeast }) => `${Number(Number(value).toPrecision(3))} steps/s, at least ${atLeast} are asked`,
  wish: ({ atLeast }) => `the device trains at ${atLeast} steps a second or faster`,
});
