/** A window of the device's own time of day, which may go past midnight: 22:00 to 06:00. */
import { z } from 'zod';
import { defineCriterion, onUnknown, UNKNOWN } from '../criterion.ts';

const DAY = 24 * 60;
const timeOfDayText = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day as 22:30');
const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const textOf = (minutes: number): string => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export const timeOfDay = defineCriterion({
  name: 'timeOfDay',
  settings: z
    .strictObject({
      from: timeOfDayText,
      /** The minute that is outside again. */
      to: timeOfDayText,
      ...onUnknown,
    })
    .refine(({ from, to }) => from !== to, { path: ['to'], message: 'the window is empty' }),
  subject: 'its time of day',
  changesWithTime: true,
  check({ conditions: { utcOffsetMinutes } }, { from, to }, { now }) {
    if (utcOffsetMinutes === UNKNOWN) return UNKNOWN;
    const minute = (((Math.floor(now / 60_000) + utcOffsetMinutes) % DAY) + DAY) % DAY;
    // Counted from the window's start, so that midnight is a minute like any other.
    const within = (minute - minutesOf(from) + DAY) % DAY < (minutesOf(to) - minutesOf(from) + DAY) % DAY;
    return within ? null : textOf(minute);
  },
  threshold: ({ from, to }) => `${from}–${to}`,
  sentence: (value, { from, to }) => `${value} by its own clock, asked between ${from} and ${to}`,
  wish: ({ from, to }) => `it is between ${from} and ${to} where you are`,
});
