/**
 * The device classes that come with the house. What is published is cited here; everything else is an assumption of ours,
 * and docs/fleets.md says so number by number.
 */

const spread = (median: number, sigma: number): { kind: 'lognormal'; median: number; sigma: number } => ({ kind: 'lognormal', median, sigma });

/** Medians over the world: Ookla, Speedtest Global Index, first quarter of 2023, fixed (79.0 and 34.9 Mbit/s). The rest is assumed. */
const WIFI = { type: 'wifi', downlink: spread(79, 0.8), uplink: spread(34.9, 0.8), latencyMs: spread(20, 0.5), loss: 0.005, variation: 0.3 } as const;
/** The same for mobile networks (41.5 and 10.4 Mbit/s). */
const CELLULAR = { type: 'cellular', downlink: spread(41.5, 0.9), uplink: spread(10.4, 0.9), latencyMs: spread(40, 0.5), loss: 0.01, variation: 0.5 } as const;
/** A cable instead of the last metres of wifi: the same line, steadier. Assumed. */
const CABLE = { ...WIFI, type: 'ethernet', latencyMs: spread(15, 0.4), loss: 0.0005, variation: 0.1 } as const;

const PHONE = {
  backend: 'wasm',
  // Four times as many at night as at noon: Bonawitz et al. 2019, "Towards Federated Learning at Scale: System Design".
  availability: { night: 0.4, day: 0.1, spread: 0.5 },
  // On wifi for half of the time: Opensignal 2017, United States, 43–54 % by operator.
  network: { home: WIFI, away: CELLULAR, atHome: { night: 0.8, day: 0.25 } },
  busy: { night: 0.05, day: 0.35 },
  busyLoad: { kind: 'uniform', from: 0.2, to: 0.8 },
} as const;
// Charging happens mostly at night: Ferreira et al. 2011, "Understanding Human-Smartphone Concerns: A Study of Battery Life". The shares are assumed.
const PHONE_PLUGGED = { night: 0.75, day: 0.2 } as const;

export const CLASS_PRESETS = {
  'phone-low': {
    ...PHONE, stepsPerSecond: spread(50, 0.3), memoryMiB: spread(256, 0.2),
    battery: { capacityWh: 11.5, chargeWatts: 7.5, idleWatts: 0.45, trainingWatts: 2, plugged: PHONE_PLUGGED },
  },
  'phone-mid': {
    ...PHONE, stepsPerSecond: spread(150, 0.3), memoryMiB: spread(512, 0.2),
    battery: { capacityWh: 15.4, chargeWatts: 15, idleWatts: 0.5, trainingWatts: 3, plugged: PHONE_PLUGGED },
  },
  'phone-high': {
    ...PHONE, stepsPerSecond: spread(450, 0.3), memoryMiB: spread(1024, 0.2),
    battery: { capacityWh: 19, chargeWatts: 25, idleWatts: 0.6, trainingWatts: 4.5, plugged: PHONE_PLUGGED },
  },
  laptop: {
    stepsPerSecond: spread(600, 0.3), memoryMiB: spread(2048, 0.3), backend: 'wasm',
    availability: { night: 0.1, day: 0.4, spread: 0.5 },
    battery: { capacityWh: 55, chargeWatts: 60, idleWatts: 5, trainingWatts: 15, plugged: { night: 0.7, day: 0.55 } },
    network: { home: WIFI, away: CELLULAR, atHome: { night: 0.97, day: 0.9 } },
    busy: { night: 0.1, day: 0.5 },
  },
  desktop: {
    stepsPerSecond: spread(900, 0.3), memoryMiB: spread(4096, 0.3), backend: 'native',
    availability: { night: 0.15, day: 0.5, spread: 0.5 },
    network: { home: CABLE },
    busy: { night: 0.1, day: 0.4 },
  },
  server: {
    stepsPerSecond: spread(1200, 0.2), memoryMiB: spread(16_384, 0.3), backend: 'native',
    network: { home: { type: 'ethernet', downlink: 1000, uplink: 1000, latencyMs: spread(10, 0.3), loss: 0.0001, variation: 0.05 } },
  },
  /** Nothing that differs and nothing that changes: what papers assume that say nothing of devices. */
  uniform: {
    stepsPerSecond: 1000, memoryMiB: 4096, backend: 'wasm',
    network: { home: { type: 'ethernet', downlink: 100, uplink: 100, latencyMs: 5, loss: 0 } },
  },
} as const;

export type ClassPresetName = keyof typeof CLASS_PRESETS;
export const CLASS_PRESET_NAMES = Object.keys(CLASS_PRESETS) as [ClassPresetName, ...ClassPresetName[]];
