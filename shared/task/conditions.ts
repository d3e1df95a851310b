/** What a device says of itself now. `unknown` is an answer: a browser that lacks an API says so and never guesses. */
import { z } from 'zod';

export const NETWORK_TYPES = ['ethernet', 'wifi', 'cellular', 'offline', 'other', 'unknown'] as const;

/** The Network Information API's classes of speed, by measured round-trip time and downlink. */
export const EFFECTIVE_TYPES = ['slow-2g', '2g', '3g', '4g', 'unknown'] as const;

export const Conditions = z.strictObject({
  /** 0 to 1; `none` for a device that has no battery. */
  battery: z.union([z.number().min(0).max(1), z.literal('none'), z.literal('unknown')]),
  charging: z.union([z.boolean(), z.literal('unknown')]),
  network: z.enum(NETWORK_TYPES),
  metered: z.union([z.boolean(), z.literal('unknown')]),
  /** Megabits a second, as the device estimates it. */
  downlink: z.union([z.number().nonnegative(), z.literal('unknown')]),
  /** Round trip to the coordinator, milliseconds, as measured or estimated by the device. */
  roundTripMs: z.union([z.number().nonnegative(), z.literal('unknown')]).default('unknown'),
  effectiveType: z.enum(EFFECTIVE_TYPES).default('unknown'),
  /** The owner asks to be spared traffic. */
  saveData: z.union([z.boolean(), z.literal('unknown')]).default('unknown'),
  /** Whether somebody looks at the page; Node agents are `hidden`. */
  visibility: z.enum(['visible', 'hidden', 'unknown']),
  /** Nobody uses the device just now. */
  idle: z.union([z.boolean(), z.literal('unknown')]).default('unknown'),
  /** Memory that training could take, MiB. */
  freeMemoryMiB: z.union([z.number().nonnegative(), z.literal('unknown')]).default('unknown'),
  /** Load of the processor, 0 to 1. */
  load: z.union([z.number().min(0).max(1), z.literal('unknown')]),
  /** Minutes east of UTC, so that a task can go by the device's own time of day. */
  utcOffsetMinutes: z.union([z.int().min(-840).max(840), z.literal('unknown')]).default('unknown'),
});
export type Conditions = z.infer<typeof Conditions>;

export const UNKNOWN_CONDITIONS: Conditions = Object.freeze({
  battery: 'unknown',
  charging: 'unknown',
  network: 'unknown',
  metered: 'unknown',
  downlink: 'unknown',
  roundTripMs: 'unknown',
  effectiveType: 'unknown',
  saveData: 'unknown',
  visibility: 'unknown',
  idle: 'unknown',
  freeMemoryMiB: 'unknown',
  load: 'unknown',
  utcOffsetMinutes: 'unknown',
});

export const BACKEND_NAMES = ['webgpu', 'webgl', 'native', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What an edge can do: measured once on the device, and kept. */
export const Capabilities = z.strictObject({
  platform: z.enum(['node', 'browser', 'simulated']),
  backend: z.enum(BACKEND_NAMES),
  /** Training steps a second on the reference model (784-200-200-10, batch 10); null before it was measured. */
  stepsPerSecond: z.number().nonnegative().nullable(),
  /** Where it stands, as its owner names it (`eu-west`, `ward 3`): for stratified selection. */
  region: z.string().min(1).max(64).optional(),
});
export type Capabilities = z.infer<typeof Capabilities>;
