/** The least minor version of the protocol: what an edge must know to serve the task well. */
import { z } from 'zod';
import { defineCriterion } from '../criterion.ts';

export const protocol = defineCriterion({
  name: 'protocol',
  settings: z.strictObject({ minor: z.int().nonnegative() }),
  subject: null,
  check: ({ protocolMinor }, { minor }) => (protocolMinor >= minor ? null : protocolMinor),
  threshold: ({ minor }) => minor,
  sentence: (value, { minor }) => `speaks minor version ${value} of the protocol, at least ${minor} is asked`,
  wish: ({ minor }) => `it speaks minor version ${minor} of the protocol`,
});
