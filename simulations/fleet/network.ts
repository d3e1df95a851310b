/** What a line is like at an instant, and what sending over it takes out of a battery. */
import type { Conditions } from '../../shared/task/conditions.ts';
import type { LinkQuality } from './device.ts';
import type { Link } from './device-class.ts';
import { drawAt, normalAt } from './draws.ts';
import { STREAMS } from './streams.ts';

/** For so long a load and a line stay what they are. */
export const SLOT_MS = 600_000;

export interface Line extends LinkQuality {
  readonly type: Conditions['network'];
  readonly metered: boolean;
}

/** A device's own line of this kind at an instant. */
export function lineAt(link: Link, place: 'home' | 'away', seed: number, at: number): Line {
  const { type, metered, loss, variation } = link;
  const factor = variation === 0 ? 1 : Math.exp(variation * normalAt(seed, STREAMS.fluctuation, Math.floor(at / SLOT_MS)));
  return {
    type,
    metered,
    loss,
    latencyMs: drawAt(link.latencyMs, seed, STREAMS.latency[place]),
    downlink: factor * drawAt(link.downlink, seed, STREAMS.bandwidth[place]),
    uplink: factor * drawAt(link.uplink, seed, STREAMS.bandwidth[place]),
  };
}

/**
 * Power of a smartphone's radio at a throughput: `up`, `down` in mW for each Mbit/s, and `base` in mW as long as it lasts.
 * Huang et al. 2012, "A Close Examination of Performance and Power Characteristics of 4G LTE Networks", table 4 (LTE, wifi).
 */
const RADIO: Partial<Record<Conditions['network'], { readonly up: number; readonly down: number; readonly base: number }>> = {
  cellular: { up: 438.39, down: 51.97, base: 1288.04 },
  wifi: { up: 283.17, down: 137.01, base: 132.86 },
};

/** Joules that a transfer takes at the radio; none on a cable. The radio's tail after it, seconds at its base, is not counted. */
export function radioJoules(line: Line, bytesUp: number, bytesDown: number): number {
  const radio = RADIO[line.type];
  if (radio === undefined) return 0;
  const up = (8 * bytesUp) / 1e6;
  const down = (8 * bytesDown) / 1e6;
  return (radio.up * up + radio.down * down + radio.base * (up / line.uplink + down / line.downlink)) / 1000;
}

/** The Network Information API's table: the first row that the round trip reaches or that the downlink does not exceed. */
export function effectiveTypeOf(roundTripMs: number, downlink: number): Conditions['effectiveType'] {
  if (roundTripMs >= 2000 || downlink <= 0.05) return 'slow-2g';
  if (roundTripMs >= 1400 || downlink <= 0.07) return '2g';
  return roundTripMs >= 270 || downlink <= 0.7 ? '3g' : '4g';
}
