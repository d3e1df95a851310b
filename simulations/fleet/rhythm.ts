/**
 * What follows the time of day: the share of devices that are plugged in, at home, willing, swings as a cosine between its
 * value in the night and its value twelve hours later.
 *
 * A device follows it as a process in two states. At the events of a Poisson process of rate r it draws its state anew,
 * on with probability q(t). Then dp/dt = r·(q − p), and with q(t) = p(t) + p′(t)/r the share of devices that are on is p(t)
 * exactly, at every instant. (The same as thinning two non-homogeneous Poisson processes, of the rates r·q of switching on
 * and r·(1 − q) of switching off.)
 */
import { z } from 'zod';

/** Between 0.001 and 0.999: a device that changes once in years has no rhythm; say `always` or `never`. */
const share = z.number().min(0.001).max(0.999);

export const Rhythm = z.union([z.literal('always'), z.literal('never'), z.strictObject({ night: share, day: share })]);
export type Rhythm = z.infer<typeof Rhythm>;

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Radians a millisecond. */
const TURN = (2 * Math.PI) / DAY_MS;

/** Where in its day a device is: 0 at the peak of the night, π twelve hours later. */
export function phaseAt(at: number, clock: { readonly startHourUtc: number; readonly peakHour: number; readonly utcOffsetMinutes: number }): number {
  return TURN * (at + (clock.startHourUtc - clock.peakHour + clock.utcOffsetMinutes / 60) * HOUR_MS);
}

/** p: the share that is on. */
export function shareAt(rhythm: Rhythm, phase: number): number {
  if (typeof rhythm === 'string') return rhythm === 'always' ? 1 : 0;
  return (rhythm.night + rhythm.day) / 2 + ((rhythm.night - rhythm.day) / 2) * Math.cos(phase);
}

/** q: the probability with which a state is drawn, when it is drawn every `memoryMs` on average. */
export function drawnShareAt(rhythm: Rhythm, phase: number, memoryMs: number): number {
  if (typeof rhythm === 'string') return shareAt(rhythm, phase);
  return shareAt(rhythm, phase) - ((rhythm.night - rhythm.day) / 2) * TURN * memoryMs * Math.sin(phase);
}

/**
 * The longest mean time between draws with which q stays within [0, 1], ms: slower devices could not follow the swing.
 * `factor` multiplies the shares; 0 where they would leave [0, 1] by themselves.
 */
export function longestMemoryMs(rhythm: Rhythm, factor = 1): number {
  if (typeof rhythm === 'string') return factor > 1 && rhythm === 'always' ? 0 : Infinity;
  const mean = (factor * (rhythm.night + rhythm.day)) / 2;
  const swing = (factor * Math.abs(rhythm.night - rhythm.day)) / 2;
  if (mean + swing >= 1) return 0;
  // The extremes of a·(cos − lag·sin) are ±a·√(1 + lag²).
  const room = Math.min(mean, 1 - mean) / swing;
  return swing === 0 ? Infinity : Math.sqrt(room * room - 1) / TURN;
}
