/** What attackers who know each other's examples work out together: the update that each of them would send if it were honest. */
import { createRandom } from '../../shared/random.ts';
import { sumOfSquares } from '../../shared/statistics/sum-of-squares.ts';

export interface Colluders {
  /**
   * Of each attacker, in the order of their numbers; worked out once for all who begin at the same weights.
   * @param update what an attacker's examples make of the base, by a seed of its own
   */
  updates(base: Float32Array, update: (attacker: number, seed: number) => Promise<Float32Array>): Promise<readonly Float32Array[]>;
}

/** Rounds overlap by one at the most. */
const REMEMBERED = 2;

export function createColluders(attackers: readonly number[], seed: number): Colluders {
  const known: { readonly base: Float32Array; readonly updates: Promise<readonly Float32Array[]> }[] = [];
  return {
    updates(base, update) {
      const found = known.find((one) => one.base === base || (one.base.length === base.length && one.base.every((value, i) => value === base[i])));
      if (found) return found.updates;
      // By the weights themselves: whoever asks first, the same is drawn.
      const random = createRandom(seed).fork(`colluders at ${sumOfSquares(base)}`);
      const updates = Promise.all(attackers.map((attacker) => update(attacker, random.fork(`edge ${attacker}`).int(2 ** 31))));
      known.push({ base, updates });
      if (known.length > REMEMBERED) known.shift();
      return updates;
    },
  };
}
