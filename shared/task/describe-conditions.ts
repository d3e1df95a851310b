/** Conditions in words, the same on every screen. What is unknown is called unknown. */
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
