/** Whether the owner pays for traffic. */
import { onUnknown, type Criterion } from '../criterion.ts';

export const metered: Criterion<'metered'> = {
  name: 'metered',
  check({ conditions }, { allow, unknown }) {
    if (allow) return null;
    if (conditions.metered === 'unknown') return onUnknown(unknown, 'whether the network is metered');
    return conditions.metered ? 'the network is metered, which the task does not allow' : null;
  },
};
