/** Whether the owner pays for traffic. */
import { z } from 'zod';
import { defineCriterion, onUnknown } from '../criterion.ts';

export const metered = defineCriterion({
  name: 'metered',
  settings: z.strictObject({ allow: z.boolean(), ...onUnknown }),
  subject: 'whether the network is metered',
  check: ({ conditions }, { allow }) => (allow || conditions.metered === false ? null : conditions.metered),
  threshold: ({ allow }) => allow,
  sentence: () => 'the network is metered, which the task does not allow',
  wish: ({ allow }) => (allow ? null : 'the network is not metered'),
});
