/** Of push-sum: all that there is of the weight, in peers and on the links between them. Each process brings 1 with it when it begins. */
import type { WayState } from '../../../shared/gossip/way.ts';
import type { EdgeId } from '../../../shared/ids.ts';

/**
 * What peers hold, and what they sent over each link less what was taken there: that may still be taken. Of a receiver that gave the
 * link up since, nothing that lies on it comes in any more; of one that has no state (it lies), all that was sent lies on the link.
 */
export function massOf(states: ReadonlyMap<EdgeId, WayState>): number {
  let mass = 0;
  for (const [from, { numbers }] of states) {
    mass += numbers.weight;
    for (const [name, sent] of Object.entries(numbers)) {
      if (!name.startsWith('sent-mass:')) continue;
      const to = name.slice('sent-mass:'.length) as EdgeId;
      const since = numbers[`sent-since:${to}`];
      const taken: Readonly<Record<string, number | undefined>> = states.get(to)?.numbers ?? {};
      if ((taken[`given-up:${from}`] ?? -1) >= since) continue;
      mass += sent - (taken[`taken-since:${from}`] === since ? (taken[`taken-mass:${from}`] ?? 0) : 0);
    }
  }
  return mass;
}
