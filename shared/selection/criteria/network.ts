/** The kind of network that the device is on. */
import { z } from 'zod';
import { NETWORK_TYPES } from '../../task/conditions.ts';
import { defineCriterion, onUnknown } from '../criterion.ts';

export const network = defineCriterion({
  name: 'network',
  settings: z.strictObject({ allow: z.array(z.enum(NETWORK_TYPES)).min(1), ...onUnknown }),
  subject: 'the network type',
  check: ({ conditions }, { allow }) => (allow.includes(conditions.network) ? null : conditions.network),
  threshold: ({ allow }) => allow.join(', '),
  sentence: (value, { allow }) => `network ${value}, one of ${allow.join(', ')} is asked`,
  wish: ({ allow }) => `the network is ${allow.join(' or ')}`,
});
