/** Whether the device is plugged in; one without a battery always is. */
import { onUnknown, type Criterion } from '../criterion.ts';

export const charging: Criterion<'charging'> = {
  name: 'charging',
  check({ conditions }, { required, unknown }) {
    if (!required || conditions.battery === 'none') return null;
    if (conditions.charging === 'unknown') return onUnknown(unknown, 'whether it charges');
    return conditions.charging ? null : 'not charging, which is asked';
  },
};
