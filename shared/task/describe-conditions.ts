/** Conditions in words, the same on every screen. What is unknown is called unknown. */
import { formatBytes, formatPercent } from '../format.ts';
import type { Conditions } from './conditions.ts';

/** A word or two, and what qualifies it; an empty detail adds nothing. */
export interface Words {
  readonly main: string;
  readonly detail: string;
}

const NETWORK_WORDS: Readonly<Record<Conditions['network'], string>> = {
  ethernet: 'Ethernet',
  wifi: 'Wi-Fi',
  cellular: 'cellular',
  offline: 'offline',
  other: 'other network',
  unknown: 'unknown',
};

/** `83 %`, `charging`; `mains`, `no battery`; `unknown`. */
export function describePower({ battery, charging }: Conditions): Words {
  if (battery === 'none') return { main: 'mains', detail: 'no battery' };
  if (battery === 'unknown') {
    return { main: 'unknown', detail: charging === 'unknown' ? '' : charging ? 'charging' : 'not charging' };
  }
  return { main: `${Math.round(100 * battery)} %`, detail: charging === 'unknown' ? 'charging unknown' : charging ? 'charging' : 'not charging' };
}

/** `Wi-Fi`, `not metered`; `cellular`, `metering unknown`; `unknown`. */
export function describeNetwork({ network, metered }: Conditions): Words {
  const main = NETWORK_WORDS[network];
  if (network === 'offline' || (network === 'unknown' && metered === 'unknown')) return { main, detail: '' };
  return { main, detail: metered === 'unknown' ? 'metering unknown' : metered ? 'metered' : 'not metered' };
}

export const inOneLine = ({ main, detail }: Words): string => (detail === '' ? main : `${main}, ${detail}`);

/** `10 Mbit/s, 75 ms, like 4g, saves data`: what is known of the line's speed; empty where nothing is. */
export function describeLine({ downlink, roundTripMs, effectiveType, saveData }: Conditions): string {
  return [
    downlink === 'unknown' ? '' : `${Number(downlink.toPrecision(3))} Mbit/s`,
    roundTripMs === 'unknown' ? '' : `${Math.round(roundTripMs)} ms`,
    effectiveType === 'unknown' ? '' : `like ${effectiveType}`,
    saveData === true ? 'saves data' : '',
  ].filter((part) => part !== '').join(', ');
}

/** `in use, load 40 %, 3.1 GB free, UTC+2`: what is known of the rest of the device; empty where nothing is. */
export function describeDevice({ idle, load, freeMemoryMiB, utcOffsetMinutes }: Conditions): string {
  return [
    idle === 'unknown' ? '' : idle ? 'idle' : 'in use',
    load === 'unknown' ? '' : `load ${formatPercent(load, 0)}`,
    freeMemoryMiB === 'unknown' ? '' : `${formatBytes(freeMemoryMiB * 2 ** 20)} free`,
    utcOffsetMinutes === 'unknown' ? '' : utcOffset(utcOffsetMinutes),
  ].filter((part) => part !== '').join(', ');
}

/** `UTC`, `UTC+2`, `UTC−3:30`. */
function utcOffset(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}
