/** The `fleet` section of a scenario: which devices there are, and how they live. Complete after parsing, every default filled in. */
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { SUGGESTING } from '../../shared/task/misspelt-settings.ts';
import { problemsOf } from '../../shared/task/parse-task-spec.ts';
import { Availability, DeviceClass } from './device-class.ts';
import { mergeSettings } from './merge-settings.ts';
import { HOUR_MS, longestMemoryMs } from './rhythm.ts';

const PRESETS = {
  uniform: { classes: [{ preset: 'uniform' }] },
  phones: { classes: [{ preset: 'phone-low', share: 0.35 }, { preset: 'phone-mid', share: 0.4 }, { preset: 'phone-high', share: 0.25 }] },
  mixed: {
    classes: [
      { preset: 'phone-low', share: 0.2 }, { preset: 'phone-mid', share: 0.25 }, { preset: 'phone-high', share: 0.15 },
      { preset: 'laptop', share: 0.25 }, { preset: 'desktop', share: 0.1 }, { preset: 'server', share: 0.05 },
    ],
  },
} as const;
const FLEET_PRESETS = ['uniform', 'phones', 'mixed'] as const;

const Rhythms = z.strictObject({
  /** Local hour at which `night` is reached; `day` is twelve hours later. */
  peakHour: z.number().min(0).max(24).default(2),
  /** Mean time after which a device draws anew whether it is plugged in, at home, available. */
  memoryMinutes: z.number().positive().max(24 * 60).default(60),
  /** Probability that one draw decides all three: 0, they have nothing to do with each other; 1, whoever is available is also … plugged in, if that is the likelier. */
  together: z.number().min(0).max(1).default(0.5),
});

const Churn = z.strictObject({
  /** Rate at which a device that is there leaves for good. */
  departuresPerDay: z.number().nonnegative().max(100).default(0),
  /** Share of the devices that are not there at the start, … */
  lateShare: z.number().min(0).max(1).default(0),
  /** … and the rate at which each of those arrives. */
  arrivalsPerDay: z.number().positive().max(1000).default(0.1),
});

const Stragglers = z.strictObject({
  /** Share of the assignments in which a device does only part of its work; which, is drawn anew each time. */
  share: z.number().min(0).max(1).default(0),
  /** That part is drawn uniformly from `least` to 1 of its steps, and is one step at the least. */
  least: z.number().min(0).max(1).default(0),
});
export type Stragglers = z.infer<typeof Stragglers>;

const Region = z.strictObject({
  name: z.string().min(1).max(64),
  share: z.number().nonnegative().default(1),
  utcOffsetMinutes: z.int().min(-840).max(840).default(0),
});

/** Files, from the scenario's folder. */
const Traces = z.strictObject({
  devices: z.string().min(1).optional(),
  availability: z.string().min(1).optional(),
  battery: z.string().min(1).optional(),
  network: z.string().min(1).optional(),
  /** Begin again at the end; otherwise the last values stay, and nobody is available any more. */
  repeat: z.boolean().default(true),
  /** After how long they begin again; null: the last time that the files name. */
  periodSeconds: z.number().positive().nullable().default(null),
  /** More devices than the traces have take them again, from the first; otherwise the others are generated. */
  reuse: z.boolean().default(true),
});
export type TraceSettings = z.infer<typeof Traces>;

const Complete = z
  .strictObject({
    preset: z.enum(FLEET_PRESETS).default('uniform'),
    classes: z.array(DeviceClass).min(1).max(100),
    /** Stands over every class's own; null: theirs. */
    availability: Availability.nullable().default(null),
    /** Multiplies every device's speed by a factor drawn log-uniformly: the fastest of a class is up to so many times as fast as the slowest, beside what the class differs by itself. */
    speedSpread: z.number().min(1).max(10_000).default(1),
    rhythm: Rhythms.prefault({}),
    churn: Churn.prefault({}),
    stragglers: Stragglers.prefault({}),
    regions: z.array(Region).min(1).max(100).prefault([{ name: 'home' }]),
    /** The hour of the day, in UTC, at which virtual time begins. */
    startHourUtc: z.number().min(0).max(24).default(0),
    traces: Traces.nullable().default(null),
  })
  .superRefine((spec, context) => {
    const refuse = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
    for (const list of ['classes', 'regions'] as const) {
      const names = spec[list].map(({ name }) => name);
      names.forEach((name, i) => names.indexOf(name) < i && refuse([list, i, 'name'], `${JSON.stringify(name)} stands there twice`));
      if (!spec[list].some(({ share }) => share > 0)) refuse([list], 'the shares are all 0');
    }
    spec.classes.forEach(({ availability, battery, network }, i) => {
      const own = spec.availability ?? availability;
      const factor = own === 'always' ? 1 : 1 + own.spread;
      const rhythms = [
        { path: spec.availability === null ? ['classes', i, 'availability'] : ['availability'], rhythm: own, factor },
        { path: ['classes', i, 'battery', 'plugged'], rhythm: battery?.plugged ?? 'always', factor: 1 },
        { path: ['classes', i, 'network', 'atHome'], rhythm: network.atHome, factor: 1 },
      ] as const;
      for (const { path, rhythm, factor } of rhythms) {
        const longest = (longestMemoryMs(rhythm, factor) / HOUR_MS) * 60;
        if (longest === 0) refuse([...path], `a device's share comes to 1 or more: take smaller shares, or a smaller spread`);
        else if (longest < spec.rhythm.memoryMinutes) refuse([...path], `devices that change once in ${spec.rhythm.memoryMinutes} minutes cannot follow so great a swing: rhythm.memoryMinutes may be ${Math.floor(10 * longest) / 10} at most`);
      }
    });
  });

/** As an author writes it: what is left out comes from the preset, or from the defaults. */
export type FleetSpecInput = Partial<z.input<typeof Complete>>;
/** As the house uses it: complete. Parsing it again changes nothing. */
export type FleetSpec = z.infer<typeof Complete>;

export const FleetSpec = z.preprocess((input: FleetSpecInput) => {
  const preset = FLEET_PRESETS.find((name) => name === (input?.preset ?? 'uniform'));
  return preset === undefined ? input : mergeSettings(PRESETS[preset], input);
}, Complete);

/** @throws bad_config; `details` lists every wrong field with its path. */
export function parseFleetSpec(input: unknown): FleetSpec {
  const spec = FleetSpec.safeParse(input, SUGGESTING);
  if (spec.success) return spec.data;
  const problems = problemsOf(spec.error.issues, []);
  throw new MurmurError('bad_config', `the fleet is refused: ${problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`, { details: problems });
}
