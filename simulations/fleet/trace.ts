/** What was recorded of one device. Times are milliseconds, ascending; a value holds until the next. */
import type { Line } from './network.ts';

export interface DeviceTrace {
  /** Starts and ends of the periods in which it is there, alternating; null: not recorded. */
  readonly availability: Float64Array | null;
  readonly battery: { readonly times: Float64Array; readonly levels: Float64Array; readonly charging: readonly boolean[] } | null;
  readonly network: { readonly times: Float64Array; readonly lines: readonly Line[] } | null;
  readonly deviceClass: string | null;
  readonly stepsPerSecond: number | null;
  readonly memoryMiB: number | null;
  readonly utcOffsetMinutes: number | null;
}

export interface FleetTraces {
  /** In the order in which the files first name them. */
  readonly devices: readonly DeviceTrace[];
  /** After which they begin again; Infinity: never. */
  readonly periodMs: number;
}

/** How many of the times are not after `at`. */
function countUpTo(times: Float64Array, at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

const within = (at: number, periodMs: number): number => (periodMs === Infinity ? at : at % periodMs);

/** Whether an odd number of changes lies behind. */
export function isOnAt(changes: Float64Array, at: number, periodMs: number): boolean {
  return countUpTo(changes, within(at, periodMs)) % 2 === 1;
}

/** Index of the value that holds at `at`; before the first it is the first, or the last of the period before. */
export function indexAt(times: Float64Array, at: number, periodMs: number): number {
  const count = countUpTo(times, within(at, periodMs));
  if (count > 0) return count - 1;
  return at >= periodMs ? times.length - 1 : 0;
}

/** The first time after `at` at which a value may change; the start of each period is one. Infinity: none. */
export function nextTimeAfter(times: Float64Array, at: number, periodMs: number): number {
  const inPeriod = within(at, periodMs);
  const start = at - inPeriod;
  const count = countUpTo(times, inPeriod);
  const next = count < times.length ? times[count] : Infinity;
  return start + Math.min(next, periodMs);
}
