/** Whether nobody uses the device just now. */
import { z } from 'zod';
import { defineCriterion, onUnknown } from '../criterion.ts';

export const idle = defineCriterion({
  name: 'idle',
  settings: z.strictObject({ required: z.boolean().default(true), ...onUnknown }),
  subject: 'whether it is idle',
  check: ({ conditions }, { required }) => (!required || conditions.idle === true ? null : conditions.idle),
  threshold: ({ required }) => required,
  sentence: () => 'in use, and an idle device is asked',
  wish: ({ required }) => (required ? 'nobody uses the device' : null),
});
