/**
 * How long a frame takes between two devices of a fleet: it leaves when the sender's line is free, takes the time of both
 * lines' distances, and comes in as fast as the slower of the two lines takes it. A line carries one frame at a time.
 */
import type { Clock } from '../../shared/clock.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { LinkQuality, SimulatedDevice } from '../fleet/device.ts';

/** Megabits a second as bytes a millisecond. */
const BYTES_PER_MBIT_MS = 125;
const LEAST_BYTES_PER_MS = 1e-3;
/** A frame that is lost on a line is sent again after this long (RFC 6298: at least a second), and is not lost twice. */
const RETRANSMISSION_MS = 1000;

export interface LinesOptions {
  readonly clock: Clock;
  /** When the simulation began, by its clock: devices' instants are counted from there. */
  readonly epochMs: number;
  readonly devices: readonly SimulatedDevice[];
  readonly random: RandomSource;
}

export interface Lines {
  /** Virtual milliseconds that a frame of so many bytes takes, sent now; the lines are busy with it then. */
  takes(from: number, to: number, bytes: number): number;
  /** Virtual milliseconds until the device's line has sent all that it was given. */
  takenIn(from: number): number;
}

export function createLines({ clock, epochMs, devices, random }: LinesOptions): Lines {
  const upFree = devices.map(() => -Infinity);
  const downFree = devices.map(() => -Infinity);
  /** A device's line is the same for all frames of one instant. */
  const known: ({ readonly at: number; readonly quality: LinkQuality } | null)[] = devices.map(() => null);

  function lineOf(device: number, now: number): LinkQuality {
    const held = known[device];
    if (held?.at === now) return held.quality;
    const quality = devices[device].link(now - epochMs);
    known[device] = { at: now, quality };
    return quality;
  }

  const againMs = ({ loss }: LinkQuality): number => (loss > 0 && random.next() < loss ? RETRANSMISSION_MS : 0);

  function takes(from: number, to: number, bytes: number): number {
    const now = clock.now();
    const up = lineOf(from, now);
    const down = lineOf(to, now);
    const downMs = bytes / Math.max(LEAST_BYTES_PER_MS, down.downlink * BYTES_PER_MBIT_MS);
    const starts = Math.max(now, upFree[from]);
    upFree[from] = starts + bytes / Math.max(LEAST_BYTES_PER_MS, up.uplink * BYTES_PER_MBIT_MS);
    const distanceMs = up.latencyMs + down.latencyMs + againMs(up) + againMs(down);
    const arrives = Math.max(upFree[from] + distanceMs, starts + distanceMs + downMs, downFree[to] + downMs);
    downFree[to] = arrives;
    return arrives - now;
  }

  return { takes, takenIn: (from) => Math.max(0, upFree[from] - clock.now()) };
}
