/** All who end a step of a group with the mean of the same members hold the same values, to the last bit. */
import type { EdgeId } from '../../../shared/ids.ts';

interface Ending {
  readonly by: number;
  readonly at: number;
  readonly parameters: Float32Array;
}

export interface GroupLedger {
  /** A peer ended a round together with those members, itself among them, by growing id. @returns a sentence where another one holds something else */
  ended(by: number, at: number, round: number, members: readonly EdgeId[], parameters: Float32Array): string | null;
  /** A member's process began: what it ends from now on is another round of the same number. */
  began(member: EdgeId, at: number): void;
}

/** Endings of one attempt that are kept. */
const MOST_KEPT = 16;

export function createGroupLedger(): GroupLedger {
  const endings = new Map<string, Ending[]>();
  const begun = new Map<EdgeId, number>();
  return {
    began: (member, at) => void begun.set(member, at),
    ended(by, at, round, members, parameters) {
      const key = `${round} ${members.join(' ')}`;
      const since = Math.max(...members.map((member) => begun.get(member) ?? 0));
      const held = (endings.get(key) ?? []).filter((one) => one.at >= since);
      const other = held.find((one) => one.parameters.some((value, i) => !Object.is(value, parameters[i])));
      endings.set(key, [...held.slice(1 - MOST_KEPT), { by, at, parameters: parameters.slice() }]);
      return other === undefined ? null : `peers ${other.by} and ${by} ended round ${round} with the mean of the same ${members.length} members, and hold [${[...other.parameters.subarray(0, 4)].join(', ')}] and [${[...parameters.subarray(0, 4)].join(', ')}]`;
    },
  };
}
