/** What a device says of itself now. `unknown` is an answer: a browser that lacks an API says so and never guesses. */
import { z } from 'zod';

export const NETWORK_TYPES = ['ethernet', 'wifi', 'cellular', 'offline', 'other', 'unknown'] as const;

export const Conditions = z.strictObject({
  /** 0 to 1; `none` for a device that has no battery. */
  battery: z.union([z.number().min(0).max(1), z.literal('none'), z.literal('unknown')]),
  charging: z.union([z.boolean(), z.literal('unknown')]),
  network: z.enum(NETWORK_TYPES),
  metered: z.union([z.boolean(), z.literal('unknown')]),
  /** Megabits a second, as the device estimates it. */
  downlink: z.union([z.number().nonnegative(), z.literal('unknown')]),
  /** Whether somebody looks at the page; Node agents are `hidden`. */
  visibility: z.enum(['visible', 'hidden', 'unknown']),
  /** Load of the processor, 0 to 1. */
  load: z.union([z.number().min(0).max(1), z.literal('unknown')]),
});
export type Conditions = z.infer<typeof Conditions>;

export const UNKNOWN_CONDITIONS: Conditions = Object.freeze({
  battery: 'unknown',
  charging: 'unknown',
  network: 'unknown',
  metered: 'unknown',
  downlink: 'unknown',
  visibility: 'unknown',
  load: 'unknown',
});

export const BACKEND_NAMES = ['webgpu', 'webgl', 'native', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What an edge can do: measured once on the device, and kept. */
export const Capabilities = z.strictObject({
  platform: z.enum(['node', 'browser', 'simulated']),
  backend: z.enum(BACKEND_NAMES),
  /** Training steps a second on the reference model (784-200-200-10, batch 10); null before it was measured. */
  stepsPerSecond: z.number().nonnegative().nullable(),
});
export type Capabilities = z.infer<typeof Capabilities>;
