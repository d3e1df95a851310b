/**
 * Conditions as a browser tells them. Runs on the page: workers have no battery. What a
 * browser lacks is `unknown`: Firefox and Safari have neither the Battery Status API nor the
 * Network Information API, and no browser gives the battery over plain HTTP (but to localhost).
 * Nothing is asked for: what needs a permission is read where the owner has given it already.
 */
import { EFFECTIVE_TYPES, UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import type { ConditionsReader } from './conditions-reader.ts';
import { utcOffsetMinutes } from './utc-offset.ts';

/** Battery Status API: `BatteryManager`. */
export interface BatteryFields {
  readonly level: number;
  readonly charging: boolean;
}

/** Network Information API: `NetworkInformation`; browsers leave fields out. */
export interface ConnectionFields {
  readonly type?: string;
  readonly downlink?: number;
  readonly rtt?: number;
  readonly effectiveType?: string;
  readonly saveData?: boolean;
}

/** Idle Detection API: whether the user or the screen lock says that nobody is there. */
export interface IdleDetectorFields {
  readonly userState?: string | null;
  readonly screenState?: string | null;
  start(options: { readonly threshold: number; readonly signal: AbortSignal }): Promise<void>;
}

/** The parts of a page that are read; `window` has them all, or some. */
export interface BrowserSurroundings {
  readonly navigator?: {
    readonly getBattery?: () => Promise<BatteryFields>;
    readonly connection?: ConnectionFields;
    readonly onLine?: boolean;
    readonly permissions?: { query(descriptor: { readonly name: string }): Promise<{ readonly state: string }> };
  };
  readonly IdleDetector?: new () => IdleDetectorFields;
  readonly document?: { readonly visibilityState?: string };
}

/**
 * Reads afresh each time; listens to nothing, so that nothing is left behind. Free memory stays unknown: `deviceMemory` is
 * what the device has, free or not, rounded and capped at 8 GiB, and `performance.memory` bounds the scripts' own heap,
 * in which neither wasm's memory nor the GPU's lies.
 */
export function createBrowserConditionsReader(surroundings: BrowserSurroundings = globalThis): ConditionsReader {
  return {
    async read() {
      const { navigator, document } = surroundings;
      const [battery, idle] = await Promise.all([readBattery(navigator), readIdle(surroundings)]);
      return {
        ...UNKNOWN_CONDITIONS,
        ...mapBattery(battery),
        ...mapConnection(navigator?.connection, navigator?.onLine),
        visibility: mapVisibility(document?.visibilityState),
        idle,
        utcOffsetMinutes: utcOffsetMinutes(new Date()),
      };
    },
  };
}

async function readBattery(navigator: BrowserSurroundings['navigator']): Promise<BatteryFields | null> {
  try {
    // Called on navigator: browsers refuse it on anything else. A permissions policy can make it reject.
    return (await navigator?.getBattery?.()) ?? null;
  } catch {
    return null;
  }
}

/** The shortest that the API takes: nobody has touched the device for a minute. */
const IDLE_AFTER_MS = 60_000;

/** Where the permission was granted before, and only there: to ask for it would be to bother the owner. */
async function readIdle({ navigator, IdleDetector }: BrowserSurroundings): Promise<Conditions['idle']> {
  try {
    if (IdleDetector === undefined || navigator?.permissions === undefined) return 'unknown';
    if ((await navigator.permissions.query({ name: 'idle-detection' })).state !== 'granted') return 'unknown';
    const stopper = new AbortController();
    try {
      const detector = new IdleDetector();
      await detector.start({ threshold: IDLE_AFTER_MS, signal: stopper.signal });
      return mapIdle(detector);
    } finally {
      // It would watch on for as long as the page is there.
      stopper.abort();
    }
  } catch {
    return 'unknown';
  }
}

/** A locked screen has nobody before it, whatever was touched last. */
export function mapIdle({ userState, screenState }: Pick<IdleDetectorFields, 'userState' | 'screenState'>): Conditions['idle'] {
  if (screenState === 'locked' || userState === 'idle') return true;
  return userState === 'active' ? false : 'unknown';
}

/** A device without a battery says the same as a full one on its charger (level 1, charging), by the API's rule: never `none`. */
export function mapBattery(fields: BatteryFields | null): Pick<Conditions, 'battery' | 'charging'> {
  if (!fields) return { battery: 'unknown', charging: 'unknown' };
  const { level, charging } = fields;
  return {
    battery: Number.isFinite(level) && level >= 0 && level <= 1 ? level : 'unknown',
    charging: typeof charging === 'boolean' ? charging : 'unknown',
  };
}

const NETWORKS: Readonly<Record<string, Conditions['network']>> = {
  ethernet: 'ethernet',
  wifi: 'wifi',
  cellular: 'cellular',
  none: 'offline',
  bluetooth: 'other',
  wimax: 'other',
  mixed: 'other',
  other: 'other',
};

/**
 * The type of network is told on phones, hardly elsewhere; `effectiveType` is a class of speed
 * ("4g" on a fast cable, too) and is no substitute. `saveData` is the owner's wish to spare the
 * line, which makes it metered; without it nobody knows. `downlink` is capped by some browsers (Chrome: 10). `rtt` is of
 * all that the browser talked to lately, rounded to 25 ms; 0 is what browsers say that do not measure.
 */
export function mapConnection(fields: ConnectionFields | undefined, onLine?: boolean): Pick<Conditions, 'network' | 'metered' | 'downlink' | 'roundTripMs' | 'effectiveType' | 'saveData'> {
  const { type, downlink, rtt, effectiveType, saveData } = fields ?? {};
  const told = type !== undefined && Object.hasOwn(NETWORKS, type) ? NETWORKS[type] : 'unknown';
  return {
    // `onLine` false is certain, true is not: it says only that there is some interface, loopback served by a page included.
    network: onLine === false ? 'offline' : told,
    metered: saveData === true ? true : 'unknown',
    downlink: typeof downlink === 'number' && Number.isFinite(downlink) && downlink >= 0 ? downlink : 'unknown',
    roundTripMs: typeof rtt === 'number' && Number.isFinite(rtt) && rtt > 0 ? rtt : 'unknown',
    effectiveType: EFFECTIVE_TYPES.find((one) => one === effectiveType) ?? 'unknown',
    saveData: typeof saveData === 'boolean' ? saveData : 'unknown',
  };
}

export function mapVisibility(state: string | undefined): Conditions['visibility'] {
  return state === 'visible' || state === 'hidden' ? state : 'unknown';
}
