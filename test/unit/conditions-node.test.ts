import { describe, expect, it } from 'vitest';
import { createNodeConditionsReader, mapFreeMemory, mapLoad, mapNodeBattery, mapNodeNetwork, memAvailable, type NodeNetworkInterface, type NodeProbes } from '../../client/device/conditions-node.ts';
import { utcOffsetMinutes } from '../../client/device/utc-offset.ts';
import type { Clock } from '../../shared/clock.ts';
import { Conditions, UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';

const wired: NodeNetworkInterface = { iface: 'eth0', type: 'wired', operstate: 'up', internal: false, virtual: false, default: true };
const loopback: NodeNetworkInterface = { iface: 'lo', type: 'virtual', operstate: 'unknown', internal: true, virtual: false, default: false };

/** Time moves by `pass` alone. */
function handClock(): Clock & { pass(ms: number): void; readonly waiting: number } {
  let now = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pass(ms) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.callback();
      }
    },
    get waiting() {
      return timers.size;
    },
  };
}

function probes(overrides: Partial<NodeProbes> = {}): NodeProbes {
  return {
    battery: async () => ({ hasBattery: true, isCharging: false, acConnected: false, percent: 37 }),
    networkInterfaces: async () => [loopback, wired],
    load: async () => 0.25,
    freeMemory: async () => 3.7 * 2 ** 20,
    ...overrides,
  };
}

const facts: Conditions = { ...UNKNOWN_CONDITIONS, battery: 0.37, charging: false, network: 'ethernet', metered: 'unknown', downlink: 'unknown', visibility: 'hidden', load: 0.25, freeMemoryMiB: 3, utcOffsetMinutes: utcOffsetMinutes(new Date()) };

describe('the conditions of a machine', () => {
  it('are read from its probes', async () => {
    const clock = handClock();
    const conditions = await createNodeConditionsReader({ clock, probes: probes() }).read();
    expect(Conditions.parse(conditions)).toEqual(facts);
    expect(clock.waiting).toBe(0);
  });

  it('serve for five seconds, and are shared by readers at once', async () => {
    const clock = handClock();
    let asked = 0;
    const load = async (): Promise<number> => ++asked / 10;
    const reader = createNodeConditionsReader({ clock, probes: probes({ load }) });
    await Promise.all([reader.read(), reader.read()]);
    clock.pass(4_999);
    expect((await reader.read()).load).toBe(0.1);
    clock.pass(1);
    expect((await reader.read()).load).toBe(0.2);
  });

  it('are unknown where a probe fails, whichever way', async () => {
    const reader = createNodeConditionsReader({
      clock: handClock(),
      probes: probes({
        battery: () => Promise.reject(new Error('no bus')),
        networkInterfaces: () => {
          throw new Error('no /sys');
        },
        load: async () => Number.NaN,
        freeMemory: () => Promise.reject(new Error('no /proc')),
      }),
    });
    expect(await reader.read()).toEqual({ ...facts, battery: 'unknown', charging: 'unknown', network: 'unknown', load: 'unknown', freeMemoryMiB: 'unknown' });
  });

  it('do not wait for a probe that never answers', async () => {
    const clock = handClock();
    const reading = createNodeConditionsReader({ clock, probes: probes({ networkInterfaces: () => new Promise(() => undefined) }) }).read();
    clock.pass(3_000);
    // The others were cut short by the same leap of time or had answered: only the silent one is certain.
    expect((await reading).network).toBe('unknown');
    expect(clock.waiting).toBe(0);
  });

  it('of this machine meet the schema', async () => {
    const conditions = await createNodeConditionsReader().read();
    expect(Conditions.parse(conditions)).toEqual(conditions);
    expect(conditions.visibility).toBe('hidden');
    if (process.platform !== 'win32') expect(conditions.load).not.toBe('unknown');
    expect(conditions.freeMemoryMiB).toBeGreaterThan(0);
    expect(conditions.utcOffsetMinutes).toBe(0 - new Date().getTimezoneOffset());
  });
});

describe('mapping a battery', () => {
  const battery = { hasBattery: true, isCharging: false, acConnected: false, percent: 80 };
  it.each([
    ['on battery', battery, { battery: 0.8, charging: false }],
    ['charging', { ...battery, isCharging: true }, { battery: 0.8, charging: true }],
    ['full, on the mains', { ...battery, percent: 100, acConnected: true }, { battery: 1, charging: true }],
    ['above its capacity', { ...battery, percent: 103 }, { battery: 1, charging: false }],
    ['of unknown level', { ...battery, percent: null }, { battery: 'unknown', charging: false }],
    ['that is not there', { ...battery, hasBattery: false, percent: 0 }, { battery: 'none', charging: true }],
    ['of which nothing is known', null, { battery: 'unknown', charging: 'unknown' }],
  ])('%s', (_, fields, expected) => {
    expect(mapNodeBattery(fields)).toEqual(expected);
  });
});

describe('mapping a network', () => {
  const other = { ...wired, iface: 'wlan0', type: 'wireless', default: false };
  it.each([
    ['a cable', [loopback, wired, other], 'ethernet'],
    ['Wi-Fi', [wired, other].map((one) => ({ ...one, default: one === other })), 'wifi'],
    ['a modem', [{ ...wired, iface: 'wwan0', type: 'wireless' }], 'cellular'],
    ['a tunnel', [{ ...wired, iface: 'tun0', type: 'virtual', virtual: true }], 'other'],
    ['a type that nobody names', [{ ...wired, type: '' }], 'other'],
    ['no default route and one interface up', [loopback, { ...other, operstate: 'up' }, { ...wired, default: false, operstate: 'down' }], 'wifi'],
    ['no default route and two up', [{ ...wired, default: false }, other], 'other'],
    ['only loopback', [loopback], 'unknown'],
    ['nothing', [], 'unknown'],
    ['no answer', null, 'unknown'],
  ])('%s', (_, interfaces, expected) => {
    expect(mapNodeNetwork(interfaces)).toBe(expected);
  });
});

it.each([[0, 0], [0.5, 0.5], [3.2, 1], [-1, 'unknown'], [Number.NaN, 'unknown'], [null, 'unknown']] as const)('maps the load %s to %s', (load, expected) => {
  expect(mapLoad(load)).toBe(expected);
});

it('reads what Linux could give of its memory', () => {
  expect(memAvailable('MemTotal:       8000000 kB\nMemFree:          100000 kB\nMemAvailable:    2048 kB\n')).toBe(2 ** 21);
  expect(memAvailable('MemTotal: 8000000 kB\n')).toBeNull();
});

it.each([
  [512.9 * 2 ** 20, 0, 0, 512],
  // A container's limit of 300 MiB, of which this process has 100.
  [512 * 2 ** 20, 300 * 2 ** 20, 100 * 2 ** 20, 200],
  [512 * 2 ** 20, 300 * 2 ** 20, 400 * 2 ** 20, 0],
  // No limit is a huge one.
  [512 * 2 ** 20, 2 ** 63, 100 * 2 ** 20, 512],
  [0, 0, 0, 0],
  [null, 0, 0, 'unknown'],
  [Number.NaN, 0, 0, 'unknown'],
] as const)('maps free memory %s with the limit %s, used %s, to %s MiB', (free, limit, used, expected) => {
  expect(mapFreeMemory(free, limit, used)).toBe(expected);
});

it.each([[-120, 120], [0, 0], [300, -300], [Number.NaN, 'unknown'], [9000, 'unknown']] as const)('maps %s minutes west of UTC to %s east', (west, east) => {
  expect(utcOffsetMinutes({ getTimezoneOffset: () => west })).toBe(east);
});
