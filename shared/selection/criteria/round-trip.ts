/** Round trip to the coordinator, milliseconds. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

export const roundTrip = defineCriterion({
  name: 'roundTrip',
  settings: z.strictObject({ atMost: z.number().positive(), ...onUnknown }),
  subject: 'the round-trip time',
  check({ conditions }, { atMost }) {
    if (conditions.roundTripMs === UNKNOWN) return UNKNOWN;
    return conditions.roundTripMs <= atMost ? null : conditions.roundTripMs;
  },
  threshold: ({ atMost }) => atMost,
  sentence: (value, { atMost }) => `round trip ${Math.round(Number(value))} ms, at most ${atMost} ms is asked`,
  wish: ({ atMost }) => `a message comes back within ${atMost} ms`,
});
