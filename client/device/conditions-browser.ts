/**
 * Conditions as a browser tells them. Runs on the page: workers have no battery. What a
 * browser lacks is `unknown`: Firefox and Safari have neither the Battery Status API nor the
 * Network Information API, and no browser gives the battery over plain HTTP (but to localhost).
 */
import { UNKNOWN_CONDITIONS, type Conditions } from '../../shared/task/conditions.ts';
import type { ConditionsReader } from './conditions-reader.ts';

/** Battery Status API: `BatteryManager`. */
export interface BatteryFields {
  readonly level: number;
  readonly charging: boolean;
}

/** Network Information API: `NetworkInformation`; browsers leave fields out. */
export interface ConnectionFields {
  readonly type?: string;
  readonly downlink?: number;
  readonly saveData?: boolean;
}

/** The parts of a page that are read; `window` has them all, or some. */
export interface BrowserSurroundings {
  readonly navigator?: {
    readonly getBattery?: () => Promise<BatteryFields>;
    readonly connection?: ConnectionFields;
    readonly onLine?: boolean;
  };
  readonly document?: { readonly visibilityState?: string };
}

/** Reads afresh each time; listens to nothing, so that nothing is left behind. */
export function createBrowserConditionsReader(surroundings: BrowserSurroundings = globalThis): ConditionsReader {
  return {
    async read() {
      const { navigator, document } = surroundings;
      const battery = await readBattery(navigator);
      return {
        ...UNKNOWN_CONDITIONS,
        ...mapBattery(battery),
        ...mapConnection(navigator?.connection, navigator?.onLine),
        visibility: mapVisibility(document?.visibilityState),
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
 * line, which makes it metered; without it nobody knows. `downlink` is capped by some browsers (Chrome: 10).
 */
export function mapConnection(fields: ConnectionFields | undefined, onLine?: boolean): Pick<Conditions, 'network' | 'metered' | 'downlink'> {
  const { type, downlink, saveData } = fields ?? {};
  const told = type !== undefined && Object.hasOwn(NETWORKS, type) ? NETWORKS[type] : 'unknown';
  return {
    // `onLine` false is certain, true is not: it says only that there is some interface, loopback served by a page included.
    network: onLine === false ? 'offline' : told,
    metered: saveData === true ? true : 'unknown',
    downlink: typeof downlink === 'number' && Number.isFinite(downlink) && downlink >= 0 ? downlink : 'unknown',
  };
}

export function mapVisibility(state: string | undefined): Conditions['visibility'] {
  return state === 'visible' || state === 'hidden' ? state : 'unknown';
}
