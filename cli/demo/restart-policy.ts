/** When a crashed process may start again: after a wait that doubles, and not for ever. */

export interface RestartPolicy {
  /** Milliseconds to wait before the next start; null: give up. */
  afterCrash(ranForMs: number): number | null;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const MOST_IN_A_ROW = 5;
/** Who ran this long has recovered: the next crash is a first one again. */
const HEALTHY_MS = 60_000;

export function createRestartPolicy(): RestartPolicy {
  let inARow = 0;
  return {
    afterCrash(ranForMs) {
      inARow = ranForMs >= HEALTHY_MS ? 1 : inARow + 1;
      return inARow > MOST_IN_A_ROW ? null : Math.min(FIRST_WAIT_MS * 2 ** (inARow - 1), LONGEST_WAIT_MS);
    },
  };
}
