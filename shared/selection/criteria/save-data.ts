/** Whether the owner asks to be spared traffic. */
import { z } from 'zod';
import { defineCriterion, onUnknown } from '../criterion.ts';

export const saveData = defineCriterion({
  name: 'saveData',
  settings: z.strictObject({ allow: z.boolean(), ...onUnknown }),
  subject: 'whether traffic is to be saved',
  check: ({ conditions }, { allow }) => (allow || conditions.saveData === false ? null : conditions.saveData),
  threshold: ({ allow }) => allow,
  sentence: () => 'its owner asks to save traffic, which the task respects',
  wish: ({ allow }) => (allow ? null : 'you have not asked to save traffic'),
});
