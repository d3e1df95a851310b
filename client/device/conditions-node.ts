/** Conditions of a machine that runs Node: battery and network by systeminformation, load and memory by the operating system. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg } from 'node:os';
import { battery, currentLoad, networkInterfaces } from 'systeminformation';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import type { ConditionsReader } from './conditions-reader.ts';
import { utcOffsetMinutes } from './utc-offset.ts';

/** What systeminformation says of a battery, as far as it is read here. */
export interface NodeBatteryFields {
  readonly hasBattery: boolean;
  readonly isCharging: boolean;
  readonly acConnected: boolean;
  readonly percent: number | null;
}

export interface NodeNetworkInterface {
  readonly iface: string;
  readonly type: string;
  readonly operstate: string;
  readonly internal: boolean;
  readonly virtual: boolean;
  readonly default: boolean;
}

/** Where the facts come from; tests put others in their place. */
export interface NodeProbes {
  battery(): Promise<NodeBatteryFields>;
  networkInterfaces(): Promise<readonly NodeNetworkInterface[]>;
  /** 0 to 1, or above where more waits than the cores can do. */
  load(): Promise<number>;
  /** That could be taken without pushing anything out. Bytes. */
  freeMemory(): Promise<number>;
}

export interface NodeConditionsOptions {
  readonly clock?: Clock;
  /** How long one reading serves; 5 s unless said otherwise. */
  readonly cacheMs?: number;
  /** A probe that has not answered by then is unknown for this reading; 3 s unless said otherwise. */
  readonly patienceMs?: number;
  readonly probes?: NodeProbes;
}

const systemProbes: NodeProbes = {
  battery: async () => battery(),
  async networkInterfaces() {
    const found = await networkInterfaces();
    return Array.isArray(found) ? found : [found];
  },
  async load() {
    // Windows keeps no load average; loadavg() is all zeros there.
    if (process.platform === 'win32') return (await currentLoad()).currentLoad / 100;
    return loadavg()[0] / availableParallelism();
  },
  async freeMemory() {
    // Linux gives its free memory to caches, and takes it back when it is asked for: what is free says nothing there.
    if (process.platform === 'linux') return memAvailable(await readFile('/proc/meminfo', 'utf8')) ?? freemem();
    return freemem();
  },
};

/** Reads run one at a time and serve for some seconds; network takes about 0.1 s. */
export function createNodeConditionsReader(options: NodeConditionsOptions = {}): ConditionsReader {
  const { clock = systemClock, cacheMs = 5_000, patienceMs = 3_000, probes = systemProbes } = options;
  let reading: { readonly since: number; readonly conditions: Promise<Conditions> } | null = null;
  const probe = <T>(ask: () => Promise<T>): Promise<T | null> =>
    new Promise((resolve) => {
      const cancel = clock.after(patienceMs, () => resolve(null));
      const settle = (value: T | null): void => {
        cancel();
        resolve(value);
      };
      // In a promise of its own, so that a probe that throws at once is unknown, too.
      Promise.resolve().then(ask).then(settle, () => settle(null));
    });
  const readNow = async (): Promise<Conditions> => {
    const [power, interfaces, load, free] = await Promise.all([probe(probes.battery), probe(probes.networkInterfaces), probe(probes.load), probe(probes.freeMemory)]);
    return {
      ...UNKNOWN_CONDITIONS,
      ...mapNodeBattery(power),
      network: mapNodeNetwork(interfaces),
      // Nobody looks at an agent.
      visibility: 'hidden',
      load: mapLoad(load),
      freeMemoryMiB: mapFreeMemory(free, process.constrainedMemory?.() ?? 0, process.memoryUsage.rss()),
      utcOffsetMinutes: utcOffsetMinutes(new Date()),
    };
  };
  return {
    read() {
      const now = clock.now();
      if (!reading || now - reading.since >= cacheMs) reading = { since: now, conditions: readNow() };
      return reading.conditions;
    },
  };
}

/** A machine without a battery runs on the mains: it counts as charging. */
export function mapNodeBattery(fields: NodeBatteryFields | null): Pick<Conditions, 'battery' | 'charging'> {
  if (!fields) return { battery: 'unknown', charging: 'unknown' };
  if (!fields.hasBattery) return { battery: 'none', charging: true };
  const { percent } = fields;
  const known = percent !== null && Number.isFinite(percent) && percent >= 0;
  return { battery: known ? Math.min(1, percent / 100) : 'unknown', charging: fields.isCharging || fields.acConnected };
}

const CELLULAR = /^(wwan|wwp|wwx|rmnet|ppp|ccmni|pdp_ip)/i;

/**
 * The interface of the default route; without such a route, the only one that is up. A tunnel or a
 * bridge is `other`: what carries it cannot be seen. Only loopback is `unknown`, not `offline`: the
 * coordinator may run on this machine. systeminformation cannot tell what is metered.
 */
export function mapNodeNetwork(interfaces: readonly NodeNetworkInterface[] | null): Conditions['network'] {
  const outward = (interfaces ?? []).filter((one) => !one.internal);
  const up = outward.filter((one) => one.operstate === 'up');
  const used = outward.find((one) => one.default) ?? (up.length === 1 ? up[0] : null);
  if (!used) return up.length > 1 ? 'other' : 'unknown';
  if (CELLULAR.test(used.iface)) return 'cellular';
  if (used.virtual) return 'other';
  if (used.type === 'wired') return 'ethernet';
  return used.type === 'wireless' ? 'wifi' : 'other';
}

/** Bytes, of the text of `/proc/meminfo`; null where it has no such line. */
export function memAvailable(text: string): number | null {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

/** MiB. Within a container the machine's memory is not this process's: of its limit (0 or absurdly large: none) what this process has not taken yet. */
export function mapFreeMemory(free: number | null, limit: number, used: number): Conditions['freeMemoryMiB'] {
  if (free === null || !Number.isFinite(free) || free < 0) return 'unknown';
  const most = limit > 0 ? Math.max(0, limit - used) : Infinity;
  return Math.floor(Math.min(free, most) / 2 ** 20);
}

export function mapLoad(load: number | null): Conditions['load'] {
  return load !== null && Number.isFinite(load) && load >= 0 ? Math.min(1, load) : 'unknown';
}
