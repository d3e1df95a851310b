/** How far the device's own time of day is from UTC. */
import type { Conditions } from '../../shared/task/conditions.ts';

/** Minutes east of UTC; `getTimezoneOffset` counts them west. `unknown` for a date that is none. */
export function utcOffsetMinutes(date: Pick<Date, 'getTimezoneOffset'>): Conditions['utcOffsetMinutes'] {
  const west = Math.round(date.getTimezoneOffset());
  // 0 − west: a device in UTC is at 0, not at −0.
  return Number.isFinite(west) && Math.abs(west) <= 840 ? 0 - west : 'unknown';
}
