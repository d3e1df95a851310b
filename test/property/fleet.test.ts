/**
 * What must hold for every device of every fleet, and what must hold for many of them on average. The statistical tests
 * have fixed seeds; each names the probability with which a right generator would fail it for a seed drawn at random.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFleet } from '../../simulations/fleet/create-fleet.ts';
import type { SimulatedDevice } from '../../simulations/fleet/device.ts';
import { uniformAt } from '../../simulations/fleet/draws.ts';
import { HORIZON_MS } from '../../simulations/fleet/fleet-device.ts';
import { parseFleetSpec, type FleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import { parseTraces } from '../../simulations/fleet/trace-files.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const traces = parseTraces(
  {
    availability: { name: 'a.csv', content: 'device,start_s,end_s\nx,100,5000\nx,5000,7000\nx,90000,100000\ny,0,50\n' },
    battery: { name: 'b.csv', content: 'device,t_s,level,charging\nx,0,0.5,true\nx,4000,0,false\nx,4500,0.1,true\nz,10,0,false\nz,60000,1,true\n' },
    network: { name: 'n.csv', content: 'device,t_s,type,down_mbps,up_mbps,latency_ms,loss\nz,0,wifi,10,10,5,0\nz,70000,offline,,,,\n' },
  },
  [],
  { repeat: true, periodSeconds: null },
);

const weak = { capacityWh: 2, chargeWatts: 3, idleWatts: 0.5, trainingWatts: 3, plugged: { night: 0.6, day: 0.1 } };
const specs: Readonly<Record<string, FleetSpec>> = {
  phones: parseFleetSpec({ preset: 'phones', startHourUtc: 20 }),
  mixed: parseFleetSpec({ preset: 'mixed', churn: { departuresPerDay: 0.2, lateShare: 0.5, arrivalsPerDay: 1 } }),
  weak: parseFleetSpec({ classes: [{ preset: 'phone-low', availability: 'always', battery: weak }], rhythm: { memoryMinutes: 5 } }),
  traced: parseFleetSpec({ preset: 'phones', traces: { reuse: false } }),
};

const device = fc.record({ name: fc.constantFrom(...Object.keys(specs)), seed: fc.nat(), number: fc.nat({ max: 4 }) });
const make = ({ name, seed, number }: { name: string; seed: number; number: number }): SimulatedDevice =>
  createFleet(specs[name], { size: number + 1, seed, ...(name === 'traced' ? { traces } : {}) })[number];

/** When it comes or goes next, asked for week after week; null: not within two months. */
function changeAfter(one: SimulatedDevice, from: number): number | null {
  const available = one.isAvailable(from);
  for (let at = one.nextChange(from); at < from + 60 * DAY; at = one.nextChange(at)) {
    if (one.isAvailable(at) !== available) return at;
  }
  return null;
}

describe('a device of any fleet', () => {
  it('changes exactly when it says, in whole milliseconds, and not before', () => {
    fc.assert(
      fc.property(device, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 30 }), (choice, steps) => {
        const one = make(choice);
        let at = 0;
        for (const step of steps) {
          const available = one.isAvailable(at);
          const next = one.nextChange(at);
          expect(next).toBeGreaterThan(at);
          if (next === Infinity) {
            expect(one.isAvailable(at + 60 * DAY)).toBe(available);
            break;
          }
          expect(Number.isInteger(next)).toBe(true);
          const between = at + step * (next - 1 - at);
          if (between > at) {
            expect([one.isAvailable(between), one.nextChange(between)]).toEqual([available, next]);
            expect([one.isAvailable(next - 1), one.nextChange(next - 1)]).toEqual([available, next]);
          }
          // Where nothing changes for a week it says so, and has to be asked again.
          expect(one.isAvailable(next)).toBe(next === Math.floor(at) + HORIZON_MS ? one.isAvailable(next) : !available);
          at = next;
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('lives the same life however often it is asked', () => {
    fc.assert(
      fc.property(device, fc.array(fc.double({ min: 1, max: 7 * HOUR, noNaN: true }), { minLength: 1, maxLength: 40 }), (choice, gaps) => {
        const [often, seldom] = [make(choice), make(choice)];
        let at = 0;
        for (const gap of gaps) {
          for (let i = 1; i <= 5; i++) {
            often.conditions(at + (i * gap) / 6);
            often.nextChange(at + (i * gap) / 6);
          }
          at += gap;
        }
        const answers = (one: SimulatedDevice): unknown[] => [one.isAvailable(at), one.conditions(at), one.link(at), one.trainingMs(at, 1e6, 1), changeAfter(one, at)];
        expect(answers(often)).toEqual(answers(seldom));
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it('keeps its battery within 0 and 1, is gone when it is empty, and says what its line says', () => {
    fc.assert(
      fc.property(device, fc.array(fc.record({ gap: fc.integer({ min: 1, max: 5 * HOUR }), trainingMs: fc.integer({ min: 0, max: HOUR }), bytes: fc.nat({ max: 1e8 }) }), { maxLength: 40 }), (choice, efforts) => {
        const one = make(choice);
        let at = 0;
        for (const { gap, trainingMs, bytes } of efforts) {
          at += gap;
          const before = one.conditions(at);
          one.spend(at, { trainingMs, bytesUp: bytes, bytesDown: bytes });
          const { battery, network, downlink } = one.conditions(at);
          if (typeof battery === 'number' && typeof before.battery === 'number') {
            expect(battery).toBeGreaterThanOrEqual(0);
            expect(battery).toBeLessThanOrEqual(before.battery);
            expect(before.battery).toBeLessThanOrEqual(1);
            if (battery === 0) expect(one.isAvailable(at)).toBe(false);
          }
          const link = one.link(at);
          expect(Math.min(link.uplink, link.downlink)).toBeGreaterThan(0);
          expect(downlink).toBe(network === 'offline' ? 0 : link.downlink);
        }
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('balances its energy: the level changes by what was charged less what was used', () => {
    // Willing and plugged in by the same draws of the same rhythm: the periods in which it is there are those in which it charges.
    const rhythm = { night: 0.7, day: 0.2 };
    const spec = parseFleetSpec({
      classes: [{ preset: 'uniform', availability: rhythm, battery: { capacityWh: 10_000, chargeWatts: 7, idleWatts: 2, trainingWatts: 4, start: 0.5, plugged: rhythm } }], rhythm: { together: 1 },
    });
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.integer({ min: 0, max: HOUR }), { minLength: 5, maxLength: 40 }), (seed, efforts) => {
        const [one] = createFleet(spec, { size: 1, seed });
        let at = 0;
        let wattHours = 5000;
        for (const trainingMs of efforts) {
          const next = one.nextChange(at);
          const plugged = one.isAvailable(at);
          expect(one.conditions(at).charging).toBe(plugged);
          one.spend(at, { trainingMs, bytesUp: 0, bytesDown: 0 });
          wattHours += (((plugged ? 7 : 0) - 2) * (next - at) - 4 * trainingMs) / HOUR;
          at = next;
          expect(one.conditions(at).battery).toBeCloseTo(wattHours / 10_000, 10);
        }
      }),
      { numRuns: 50, seed: 4 },
    );
  });
});

/** How many standard errors a count of `size` draws of probability `p` lies off. */
const deviation = (count: number, size: number, p: number): number => Math.abs(count - size * p) / Math.sqrt(size * p * (1 - p));
const count = (devices: readonly SimulatedDevice[], of: (device: SimulatedDevice) => boolean): number => devices.reduce((sum, one) => sum + (of(one) ? 1 : 0), 0);
const cosine = (night: number, day: number, hour: number): number => (night + day) / 2 + ((night - day) / 2) * Math.cos((2 * Math.PI * hour) / 24);

describe('a fleet of many', () => {
  const SIZE = 4000;

  it('is available four times as often at night as at noon, each device by its own clock', () => {
    const spec = parseFleetSpec({ preset: 'phones', startHourUtc: 6, regions: [{ name: 'near' }, { name: 'far', utcOffsetMinutes: 480 }] });
    const fleet = createFleet(spec, { size: 2 * SIZE, seed: 21 });
    const regions = { near: fleet.filter(({ capabilities }) => capabilities.region === 'near'), far: fleet.filter(({ capabilities }) => capabilities.region === 'far') };
    // 4.5 standard errors in none of 2 · 48 · 3 counts: probability of failing below 2e-3. (Counts an hour apart depend on each other; the bound does not mind.)
    for (let hour = 0; hour < 48; hour++) {
      for (const [region, offset] of [['near', 0], ['far', 8]] as const) {
        const devices = regions[region];
        // The peak is at 2 o'clock.
        const local = 6 + hour + offset - 2;
        expect(deviation(count(devices, (one) => one.isAvailable(hour * HOUR)), devices.length, cosine(0.4, 0.1, local))).toBeLessThan(4.5);
        expect(deviation(count(devices, (one) => one.conditions(hour * HOUR).charging === true), devices.length, cosine(0.75, 0.2, local))).toBeLessThan(4.5);
        expect(deviation(count(devices, (one) => one.conditions(hour * HOUR).network === 'wifi'), devices.length, cosine(0.8, 0.25, local))).toBeLessThan(4.5);
      }
    }
  });

  it('has its classes and regions in their shares', () => {
    const fleet = createFleet(parseFleetSpec({ preset: 'mixed', regions: [{ name: 'a', share: 1 }, { name: 'b', share: 3 }] }), { size: SIZE, seed: 5 });
    // 7 counts, 4.5 standard errors: below 5e-5.
    for (const [name, share] of [['phone-low', 0.2], ['phone-mid', 0.25], ['phone-high', 0.15], ['laptop', 0.25], ['desktop', 0.1], ['server', 0.05]] as const) {
      expect(deviation(count(fleet, ({ deviceClass }) => deviceClass === name), SIZE, share)).toBeLessThan(4.5);
    }
    expect(deviation(count(fleet, ({ capabilities }) => capabilities.region === 'b'), SIZE, 0.75)).toBeLessThan(4.5);
  });

  it('changes as often as its memory says', () => {
    // Half on, half off: each draw changes the state with probability 1/2, so that changes are a Poisson process of half the rate.
    const spec = parseFleetSpec({ availability: { night: 0.5, day: 0.5 }, rhythm: { memoryMinutes: 30, together: 0 } });
    let changes = 0;
    for (const one of createFleet(spec, { size: 300, seed: 6 })) {
      for (let at = one.nextChange(0); at < 10 * DAY; at = one.nextChange(at)) changes++;
    }
    // 72,000 expected; 4.5 standard errors: 7e-6.
    expect(Math.abs(changes - 72_000)).toBeLessThan(4.5 * Math.sqrt(72_000));
  });

  it('draws its states together as often as it is told', () => {
    const rhythm = { night: 0.5, day: 0.5 };
    const atOnce = (together: number): number => {
      const spec = parseFleetSpec({ classes: [{ preset: 'phone-mid', availability: { ...rhythm, spread: 0 }, battery: { plugged: rhythm } }], rhythm: { together } });
      return count(createFleet(spec, { size: SIZE, seed: 7 }), (one) => one.isAvailable(HOUR) && one.conditions(HOUR).charging === true);
    };
    // Both by the common draw with probability t²: then on together in 1/2, else in 1/4. Three counts, 4.5 standard errors: 2e-5.
    for (const together of [0, 0.5]) expect(deviation(atOnce(together), SIZE, 0.25 + 0.25 * together ** 2)).toBeLessThan(4.5);
    expect(deviation(atOnce(1), SIZE, 0.5)).toBeLessThan(4.5);
  });

  it('loses devices and gains others at its rates', () => {
    const fleet = createFleet(parseFleetSpec({ churn: { departuresPerDay: 0.25, lateShare: 0.5, arrivalsPerDay: 0.5 } }), { size: SIZE, seed: 8 });
    // Early ones: e^(−dt). Late ones: arrived and not left, a/(a − d)·(e^(−dt) − e^(−at)). Five counts, 4.5 standard errors: 4e-5.
    for (const days of [0, 1, 2, 4, 8]) {
      const [stay, wait] = [Math.exp(-0.25 * days), Math.exp(-0.5 * days)];
      expect(deviation(count(fleet, (one) => one.isAvailable(days * DAY)), SIZE, 0.5 * stay + 0.5 * 2 * (stay - wait))).toBeLessThan(4.5);
    }
    const gone = fleet.filter((one) => one.nextChange(8 * DAY) === Infinity);
    expect(gone.length).toBeGreaterThan(0);
    expect(gone.some((one) => one.isAvailable(1e12))).toBe(false);
  });

  it('is loaded as often as its owners are at it', () => {
    const spec = parseFleetSpec({ classes: [{ preset: 'uniform', busy: { night: 0.1, day: 0.6 }, busyLoad: { kind: 'uniform', from: 0.2, to: 0.8 } }], rhythm: { peakHour: 0 } });
    const fleet = createFleet(spec, { size: SIZE, seed: 9 });
    // Four counts and a mean, 4.5 standard errors: 4e-5.
    for (const hour of [0, 6, 12, 18]) expect(deviation(count(fleet, (one) => one.conditions(hour * HOUR).idle === false), SIZE, cosine(0.1, 0.6, hour))).toBeLessThan(4.5);
    const loads = fleet.map((one) => Number(one.conditions(36 * HOUR).load)).filter((load) => load > 0);
    const mean = loads.reduce((a, b) => a + b, 0) / loads.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan((4.5 * 0.6) / Math.sqrt(12 * loads.length));
  });

  it('has lognormal speeds with their median, and bandwidths that vary about theirs', () => {
    const spec = parseFleetSpec({ classes: [{ preset: 'phone-mid', network: { away: null } }] });
    const fleet = createFleet(spec, { size: SIZE, seed: 10 });
    // Half lie below the median: two counts, 4.5 standard errors: 2e-5.
    expect(deviation(count(fleet, ({ capabilities }) => (capabilities.stepsPerSecond ?? 0) < 150), SIZE, 0.5)).toBeLessThan(4.5);
    expect(deviation(count(fleet, (one) => one.link(0).downlink < 79), SIZE, 0.5)).toBeLessThan(4.5);
    // 95 % of speeds within e^(±1.96 · 0.3).
    expect(deviation(count(fleet, ({ capabilities }) => Math.abs(Math.log((capabilities.stepsPerSecond ?? 0) / 150)) < 1.959964 * 0.3), SIZE, 0.95)).toBeLessThan(4.5);
  });
});

describe('draws without state', () => {
  it.each(['seeds', 'streams', 'indices'])('are uniform over %s', (what) => {
    const cells = new Array<number>(20).fill(0);
    for (let i = 0; i < 20_000; i++) cells[Math.floor(20 * (what === 'seeds' ? uniformAt(i, 1, 2) : what === 'streams' ? uniformAt(1, i, 2) : uniformAt(1, 2, i)))]++;
    // Chi-square with 19 degrees of freedom stays below 50.8 in 9,999 of 10,000 fair samples.
    expect(cells.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(50.8);
  });

  it('have nothing to do with each other from one index, or stream, to the next', () => {
    const n = 20_000;
    // The correlation of independent draws has a deviation of 1/√n; two of them beyond 4.5: 1.4e-5.
    for (const next of [(i: number) => uniformAt(3, 4, i + 1), (i: number) => uniformAt(3, 5, i)]) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += 12 * (uniformAt(3, 4, i) - 0.5) * (next(i) - 0.5);
      expect(Math.abs(sum / n)).toBeLessThan(4.5 / Math.sqrt(n));
    }
  });
});
