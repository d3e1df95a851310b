/** Battery level: a device without a battery always meets it. */
import { onUnknown, type Criterion } from '../criterion.ts';

export const battery: Criterion<'battery'> = {
  name: 'battery',
  check({ conditions }, { atLeast, unknown }) {
    if (conditions.battery === 'none') return null;
    if (conditions.battery === 'unknown') return onUnknown(unknown, 'the battery level');
    return conditions.battery >= atLeast ? null : `battery ${Math.round(conditions.battery * 100)} %, at least ${Math.round(atLeast * 100)} % is asked`;
  },
};
