/** One class of a fleet's devices: how fast, with what battery, on what network, and when. docs/fleets.md has the sources. */
import { z } from 'zod';
import { BACKEND_NAMES } from '../../shared/task/conditions.ts';
import { CLASS_PRESETS, CLASS_PRESET_NAMES } from './class-presets.ts';
import { DistributionAbove0, DistributionFrom0 } from './distribution.ts';
import { mergeSettings } from './merge-settings.ts';
import { Rhythm } from './rhythm.ts';

const LINK_TYPES = ['ethernet', 'wifi', 'cellular', 'other'] as const;

/** A way to the coordinator; a device draws its own values once. */
const Link = z
  .strictObject({
    type: z.enum(LINK_TYPES),
    /** Megabits a second. */
    downlink: DistributionAbove0,
    uplink: DistributionAbove0,
    /** One way. */
    latencyMs: DistributionFrom0,
    /** Fraction of messages that have to be sent a second time. */
    loss: z.number().min(0).max(0.5),
    /** Left out: what is cellular is metered. */
    metered: z.boolean().optional(),
    /** Deviation of the logarithm of what a device gets of its bandwidth from ten minutes to the next. */
    variation: z.number().min(0).max(2).default(0),
  })
  .transform((link) => ({ ...link, metered: link.metered ?? link.type === 'cellular' }));
export type Link = z.infer<typeof Link>;

const Battery = z.strictObject({
  capacityWh: z.number().positive(),
  /** What the charger feeds into the battery; whatever the device uses is taken out of it at the same time. */
  chargeWatts: z.number().positive(),
  /** The device switched on and not training, its owner's use included, on average. */
  idleWatts: z.number().nonnegative(),
  /** Beside that, while it trains. */
  trainingWatts: z.number().nonnegative(),
  /** Level when the simulation starts, cut off at 0 and 1. */
  start: DistributionFrom0.prefault({ kind: 'uniform', from: 0.3, to: 1 }),
  /** An empty device goes off, and comes on again at this level. */
  restartLevel: z.number().positive().max(1).default(0.05),
  plugged: Rhythm,
});
export type Battery = z.infer<typeof Battery>;

/** Whether the device takes part at all; `spread` s: each device's own share is the rhythm's, times a factor drawn from [1 − s, 1 + s]. */
export const Availability = z.union([
  z.literal('always'),
  z.strictObject({ night: z.number().min(0.001).max(0.999), day: z.number().min(0.001).max(0.999), spread: z.number().min(0).max(0.99).default(0) }),
]);
export type Availability = z.infer<typeof Availability>;

const Complete = z.strictObject({
  name: z.string().min(1).max(64),
  /** Where its settings come from; those that are given here stand over them. */
  preset: z.enum(CLASS_PRESET_NAMES).nullable().default(null),
  /** Weight beside the other classes' shares: they need not add up to 1. */
  share: z.number().nonnegative().default(1),
  /** Training steps a second on the reference model, with nothing else to do. */
  stepsPerSecond: DistributionAbove0,
  /** Memory that training may take. */
  memoryMiB: DistributionAbove0,
  backend: z.enum(BACKEND_NAMES),
  availability: Availability.default('always'),
  /** Null: on the mains. */
  battery: Battery.nullable().default(null),
  network: z.strictObject({
    home: Link,
    /** Null: never away. */
    away: Link.nullable().default(null),
    atHome: Rhythm.default('always'),
  }),
  /** Its owner uses it: training gets what is left. */
  busy: Rhythm.default('never'),
  /** The processor's load while he does, cut off at 0.95. */
  busyLoad: DistributionFrom0.prefault({ kind: 'uniform', from: 0.2, to: 0.8 }),
});
type WholeClass = z.input<typeof Complete>;
/** Of a class that starts from a preset, single figures of its network and battery will do. */
type ClassInput = Partial<Omit<WholeClass, 'network' | 'battery'>> & { readonly network?: Partial<WholeClass['network']>; readonly battery?: Partial<NonNullable<WholeClass['battery']>> | null };

export const DeviceClass = z.preprocess((input: ClassInput) => {
  const preset = CLASS_PRESET_NAMES.find((name) => name === input?.preset);
  return preset === undefined ? input : mergeSettings({ name: preset, ...CLASS_PRESETS[preset] }, input);
}, Complete);
export type DeviceClass = z.infer<typeof Complete>;
