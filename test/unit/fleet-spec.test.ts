import { describe, expect, it } from 'vitest';
import { createFleet } from '../../simulations/fleet/create-fleet.ts';
import { CLASS_PRESETS } from '../../simulations/fleet/class-presets.ts';
import { parseFleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import { thrownBy } from '../helpers/thrown.ts';

describe('a fleet spec', () => {
  it('is the uniform fleet when nothing is said, every default filled in', () => {
    const spec = parseFleetSpec({});
    expect(spec).toEqual({
      preset: 'uniform',
      classes: [
        {
          name: 'uniform', preset: 'uniform', share: 1, stepsPerSecond: { kind: 'constant', value: 1000 }, memoryMiB: { kind: 'constant', value: 4096 }, backend: 'wasm',
          availability: 'always', battery: null, busy: 'never', busyLoad: { kind: 'uniform', from: 0.2, to: 0.8 },
          network: {
            home: { type: 'ethernet', downlink: { kind: 'constant', value: 100 }, uplink: { kind: 'constant', value: 100 }, latencyMs: { kind: 'constant', value: 5 }, loss: 0, metered: false, variation: 0 },
            away: null, atHome: 'always',
          },
        },
      ],
      availability: null, speedSpread: 1, rhythm: { peakHour: 2, memoryMinutes: 60, together: 0.5 },
      churn: { departuresPerDay: 0, lateShare: 0, arrivalsPerDay: 0.1 },
      regions: [{ name: 'home', share: 1, utcOffsetMinutes: 0 }], startHourUtc: 0, traces: null, stragglers: { share: 0, least: 0 },
    });
  });

  it.each(['uniform', 'phones', 'mixed'] as const)('of the preset %s parses again to the same', (preset) => {
    const spec = parseFleetSpec({ preset });
    expect(parseFleetSpec(structuredClone(spec))).toEqual(spec);
    expect(spec.classes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  it('takes a class from a preset and sets over it what is given, distributions whole', () => {
    const { classes } = parseFleetSpec({ classes: [{ preset: 'phone-mid', name: 'mine', share: 3, stepsPerSecond: 7, battery: { trainingWatts: 9 }, network: { atHome: 'always' } }] });
    expect(classes).toHaveLength(1);
    expect(classes[0]).toMatchObject({ name: 'mine', share: 3, stepsPerSecond: { kind: 'constant', value: 7 }, memoryMiB: CLASS_PRESETS['phone-mid'].memoryMiB });
    expect(classes[0].battery).toMatchObject({ capacityWh: 15.4, trainingWatts: 9, plugged: { night: 0.75, day: 0.2 } });
    expect(classes[0].network).toMatchObject({ atHome: 'always', away: { type: 'cellular', metered: true }, home: { metered: false } });
  });

  it.each<[object, string, string]>([
    [{ preset: 'phone' }, 'preset', 'uniform'],
    [{ speedspread: 20 }, 'speedspread', 'no such setting'],
    [{ speedSpread: 0.5 }, 'speedSpread', 'found 0.5, expected at least 1'],
    [{ classes: [] }, 'classes', 'found an empty list, expected at least 1 entry'],
    [{ classes: [{ preset: 'laptop' }, { preset: 'tablet' }] }, 'classes.1.preset', 'phone-low'],
    [{ classes: [{ preset: 'laptop', backend: 'gpu' }] }, 'classes.0.backend', 'webgpu'],
    [{ classes: [{ preset: 'laptop', stepsPerSecond: 0 }] }, 'classes.0.stepsPerSecond', 'above 0'],
    [{ classes: [{ preset: 'laptop', stepsPerSecond: { kind: 'uniform', from: 3, to: 2 } }] }, 'classes.0.stepsPerSecond.to', 'below the start'],
    [{ classes: [{ preset: 'laptop', stepsPerSecond: { kind: 'normal', mean: 3 } }] }, 'classes.0.stepsPerSecond.kind', 'found "normal", expected one of '],
    [{ classes: [{ preset: 'laptop', stepsPerSecond: { kind: 'lognormal', mean: 3, sigma: 1 } }] }, 'classes.0.stepsPerSecond.median', 'number'],
    [{ classes: [{ preset: 'laptop', network: { home: { loss: 2 } } }] }, 'classes.0.network.home.loss', 'expected at most 0.5'],
    [{ classes: [{ preset: 'laptop' }, { preset: 'laptop' }] }, 'classes.1.name', 'twice'],
    [{ classes: [{ preset: 'laptop', share: 0 }] }, 'classes', 'all 0'],
    [{ availability: { night: 0.4 } }, 'availability.day', 'found nothing, expected a number'],
    [{ availability: { night: 0.9, day: 0.1, spread: 0.5 } }, 'availability', '1 or more'],
    [{ preset: 'phones', rhythm: { memoryMinutes: 310 } }, 'classes.0.availability', 'rhythm.memoryMinutes may be'],
    [{ regions: [{ name: 'a', utcOffsetMinutes: 900 }] }, 'regions.0.utcOffsetMinutes', 'expected at most 840'],
    [{ churn: { arrivalsPerDay: 0 } }, 'churn.arrivalsPerDay', 'expected more than 0'],
    [{ traces: { availability: '' } }, 'traces.availability', 'expected at least 1 character'],
  ])('refuses %j at %s', async (input, path, message) => {
    const error = await thrownBy(() => parseFleetSpec(input));
    expect(error.code).toBe('bad_config');
    const problems = error.details as { path: string; message: string }[];
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(problems.find((problem) => problem.path === path)?.message).toContain(message);
    expect(error.message).toContain(`${path}: `);
  });

  it('names every wrong field at once', async () => {
    const error = await thrownBy(() => parseFleetSpec({ speedSpread: 0, startHourUtc: 25, regions: [{ name: '' }] }));
    expect((error.details as { path: string }[]).map(({ path }) => path)).toEqual(['speedSpread', 'regions.0.name', 'startHourUtc']);
  });
});

describe('a fleet', () => {
  it('has the same device of a number whatever its size', () => {
    const spec = parseFleetSpec({ preset: 'mixed' });
    const small = createFleet(spec, { size: 5, seed: 9 });
    const large = createFleet(spec, { size: 50, seed: 9 });
    const facts = (devices: typeof small): unknown[] => devices.slice(0, 5).map((device) => [device.deviceClass, device.capabilities, device.conditions(5e6), device.nextChange(5e6), device.link(6e6)]);
    expect(facts(small)).toEqual(facts(large));
    expect(facts(createFleet(spec, { size: 5, seed: 10 }))).not.toEqual(facts(createFleet(spec, { size: 5, seed: 9 })));
  });

  it('of the uniform preset is what papers assume: always there, all alike', () => {
    for (const device of createFleet(parseFleetSpec({}), { size: 3, seed: 1 })) {
      expect(device.capabilities).toEqual({ platform: 'simulated', backend: 'wasm', stepsPerSecond: 1000, region: 'home' });
      expect([device.isAvailable(0), device.nextChange(0), device.isAvailable(1e12), device.nextChange(1e12)]).toEqual([true, Infinity, true, Infinity]);
      expect(device.trainingMs(1e12, 60, 2)).toBe(120);
      expect(device.link(1e12)).toEqual({ latencyMs: 5, uplink: 100, downlink: 100, loss: 0 });
      expect(device.conditions(1e12)).toEqual({
        battery: 'none', charging: true, network: 'ethernet', metered: false, downlink: 100, roundTripMs: 10, effectiveType: '4g', saveData: false,
        visibility: 'hidden', idle: true, freeMemoryMiB: 4096, load: 0, utcOffsetMinutes: 0,
      });
    }
  });

  it('spreads speeds by the factor asked for', () => {
    const speeds = createFleet(parseFleetSpec({ speedSpread: 20 }), { size: 2000, seed: 3 }).map(({ capabilities }) => capabilities.stepsPerSecond ?? 0);
    expect(Math.max(...speeds)).toBeLessThan(1000 * Math.sqrt(20));
    expect(Math.min(...speeds)).toBeGreaterThanOrEqual(1000 / Math.sqrt(20));
    // Log-uniform: that none of 2,000 lies in the outermost 1.76 % (ln √(20/18) / ln 20) has a probability of 4e-16 at either end.
    expect(Math.max(...speeds) / Math.min(...speeds)).toBeGreaterThan(18);
  });
});
