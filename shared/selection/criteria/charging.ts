/** Whether the device is plugged in; one without a battery always is. */
import { z } from 'zod';
import { defineCriterion, onUnknown } from '../criterion.ts';

export const charging = defineCriterion({
  name: 'charging',
  settings: z.strictObject({ required: z.boolean().default(true), ...onUnknown }),
  subject: 'whether it charges',
  check: ({ conditions }, { required }) => (!required || conditions.battery === 'none' || conditions.charging === true ? null : conditions.charging),
  threshold: ({ required }) => required,
  sentence: () => 'not charging, which is asked',
  wish: ({ required }) => (required ? 'the device charges' : null),
});
