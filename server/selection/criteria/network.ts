/** The kind of network that the device is on. */
import { onUnknown, type Criterion } from '../criterion.ts';

export const network: Criterion<'network'> = {
  name: 'network',
  check({ conditions }, { allow, unknown }) {
    if (allow.includes(conditions.network)) return null;
    if (conditions.network === 'unknown') return onUnknown(unknown, 'the network type');
    return `network ${conditions.network}, one of ${allow.join(', ')} is asked`;
  },
};
