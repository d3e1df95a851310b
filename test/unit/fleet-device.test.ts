import { describe, expect, it } from 'vitest';
import { createFleet } from '../../simulations/fleet/create-fleet.ts';
import type { SimulatedDevice } from '../../simulations/fleet/device.ts';
import { parseFleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import { effectiveTypeOf, radioJoules } from '../../simulations/fleet/network.ts';

const HOUR = 3_600_000;

/** A phone on wifi of 10 up and 80 down that holds 10 Wh, takes 1 W, charges with 5 and trains with 3. */
function phone(battery: object = {}, over: object = {}): SimulatedDevice {
  const spec = parseFleetSpec({
    classes: [
      {
        preset: 'uniform', name: 'phone', network: { home: { type: 'wifi', uplink: 10, downlink: 80 } },
        battery: { capacityWh: 10, chargeWatts: 5, idleWatts: 1, trainingWatts: 3, start: 1, restartLevel: 0.1, plugged: 'never', ...battery }, ...over,
      },
    ],
  });
  return createFleet(spec, { size: 1, seed: 4 })[0];
}

const battery = (device: SimulatedDevice, at: number): unknown => device.conditions(at).battery;

describe("a device's battery", () => {
  it('drains by idling, and the device is gone when it is empty', () => {
    const device = phone();
    expect([device.isAvailable(0), device.nextChange(0)]).toEqual([true, 10 * HOUR]);
    expect(battery(device, 5 * HOUR)).toBe(0.5);
    expect(device.conditions(5 * HOUR).charging).toBe(false);
    expect(device.isAvailable(10 * HOUR - 1)).toBe(true);
    expect([device.isAvailable(10 * HOUR), device.nextChange(10 * HOUR), battery(device, 11 * HOUR)]).toEqual([false, Infinity, 0]);
  });

  it('drains by training and by its radio', () => {
    const device = phone();
    // 600 s at 3 W are 0.5 Wh.
    device.spend(HOUR, { trainingMs: 600_000, bytesUp: 0, bytesDown: 0 });
    expect(battery(device, HOUR)).toBeCloseTo(0.85, 12);
    expect(device.nextChange(HOUR)).toBe(9.5 * HOUR);
    // 8 Mbit up at 10 a second, 16 Mbit down at 80: 8 · 283.17 + 16 · 137.01 + 132.86 · (0.8 + 0.2) mJ of 36,000 J.
    device.spend(HOUR, { trainingMs: 0, bytesUp: 1e6, bytesDown: 2e6 });
    expect(battery(device, HOUR)).toBeCloseTo(0.85 - 4.59038 / 36_000, 12);
  });

  it('is empty at once when more is spent than there is', () => {
    const device = phone();
    device.spend(HOUR, { trainingMs: 3 * HOUR + 1, bytesUp: 0, bytesDown: 0 });
    expect([battery(device, HOUR), device.isAvailable(HOUR)]).toEqual([0, false]);
  });

  it('fills while it is plugged in, from where the device starts again', () => {
    const device = phone({ start: 0, plugged: 'always' });
    // 1 Wh at 5 W while it is off, then 4 W net.
    expect([device.isAvailable(0), device.nextChange(0)]).toEqual([false, 0.2 * HOUR]);
    expect(device.isAvailable(0.2 * HOUR)).toBe(true);
    expect(battery(device, 0.2 * HOUR + HOUR)).toBeCloseTo(0.1 + 0.4, 12);
    expect([battery(device, 10 * HOUR), device.conditions(10 * HOUR).charging]).toEqual([1, true]);
    device.spend(10 * HOUR, { trainingMs: HOUR, bytesUp: 0, bytesDown: 0 });
    expect(battery(device, 10 * HOUR)).toBeCloseTo(0.7, 12);
    expect(battery(device, 10.5 * HOUR)).toBeCloseTo(0.9, 12);
  });

  it('may be too weak a charger’s: the device starts, and goes off again', () => {
    const device = phone({ start: 0, plugged: 'always', chargeWatts: 0.5 });
    // 1 Wh at 0.5 W; then it loses 0.5 W of it.
    expect(device.nextChange(0)).toBe(2 * HOUR);
    expect(device.nextChange(2 * HOUR)).toBe(4 * HOUR);
    expect([device.isAvailable(3 * HOUR), device.isAvailable(4 * HOUR)]).toEqual([true, false]);
  });
});

describe("a device's load", () => {
  it('leaves training the rest', () => {
    const device = phone({}, { busy: 'always', busyLoad: 0.75 });
    expect(device.trainingMs(0, 60, 1)).toBe(240);
    expect(device.conditions(0)).toMatchObject({ load: 0.75, idle: false, freeMemoryMiB: 1024 });
  });

  it('changes every ten minutes, in the middle of training, too', () => {
    const device = phone({}, { busy: { night: 0.5, day: 0.5 }, busyLoad: { kind: 'uniform', from: 0.1, to: 0.9 } });
    const loads = Array.from({ length: 6 }, (_, slot) => Number(device.conditions(slot * 600_000 + 300_000).load));
    expect(new Set(loads).size).toBeGreaterThan(2);
    // From the middle of the second slot over the whole third into the fourth: what each leaves, then one second more of work.
    const work = 300_000 * (1 - loads[1]) + 600_000 * (1 - loads[2]) + 1000;
    expect(device.trainingMs(900_000, work, 1)).toBeCloseTo(900_000 + 1000 / (1 - loads[3]), 5);
  });
});

describe("a device's line", () => {
  it('takes energy at the radio alone, by Huang et al.', () => {
    const line = { type: 'cellular', metered: true, latencyMs: 1, uplink: 5, downlink: 20, loss: 0 } as const;
    // 2 Mbit up, 4 Mbit down: 0.4 s and 0.2 s at the base.
    expect(radioJoules(line, 250_000, 500_000)).toBeCloseTo((438.39 * 2 + 51.97 * 4 + 1288.04 * 0.6) / 1000, 12);
    expect(radioJoules({ ...line, type: 'ethernet' }, 250_000, 500_000)).toBe(0);
  });

  it.each([[2000, 10, 'slow-2g'], [10, 0.05, 'slow-2g'], [1400, 10, '2g'], [10, 0.07, '2g'], [270, 10, '3g'], [10, 0.7, '3g'], [269, 0.71, '4g']] as const)('of %d ms and %d Mbit/s is of the effective type %s', (roundTripMs, downlink, type) => {
    expect(effectiveTypeOf(roundTripMs, downlink)).toBe(type);
  });

  it('is the home’s or the mobile network’s, each with its own figures', () => {
    const spec = parseFleetSpec({ classes: [{ preset: 'phone-mid', availability: 'always' }] });
    const device = createFleet(spec, { size: 1, seed: 8 })[0];
    const seen = new Map<string, Set<string>>();
    for (let at = 0; at < 48 * HOUR; at += HOUR / 2) {
      const { network, metered, roundTripMs, downlink } = device.conditions(at);
      const link = device.link(at);
      expect(metered).toBe(network === 'cellular');
      expect([link.downlink, 2 * link.latencyMs]).toEqual([downlink, roundTripMs]);
      seen.set(network, (seen.get(network) ?? new Set()).add(`${roundTripMs} ${link.loss} ${(link.uplink / link.downlink).toFixed(9)}`));
    }
    expect([...seen.keys()].sort()).toEqual(['cellular', 'wifi']);
    // Latency, loss and the ratio of the directions are the line's own; only the bandwidth varies.
    for (const values of seen.values()) expect(values.size).toBe(1);
  });
});
