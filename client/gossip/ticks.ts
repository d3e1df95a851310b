/** A mesh's heartbeat: never that of two peers at the same instant, quick at the beginning, and the place where it is seen that one is alone. */
import type { Clock } from '../../shared/clock.ts';
import type { RandomSource } from '../../shared/random.ts';

export interface TicksOptions {
  /** Between two, on the average; milliseconds. */
  readonly tickMs: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly onTick: () => void;
  /** Asked after each. */
  readonly isIsolated: () => boolean;
  /** At 2, 4, 8, 16 ticks alone, and each 16 from then on. */
  readonly onIsolated: () => void;
}

export interface Ticks {
  start(): void;
  stop(): void;
}

/** Ticks at the beginning that come ten times as often: until a newcomer knows some peers. */
const QUICK_TICKS = 20;
const MOST_BETWEEN = 16;

export function createTicks({ tickMs, clock, random, onTick, isIsolated, onIsolated }: TicksOptions): Ticks {
  let ticks = 0;
  let isolated = 0;
  let cancel: (() => void) | null = null;
  let stopped = false;

  function tick(): void {
    ticks++;
    onTick();
    isolated = isIsolated() ? isolated + 1 : 0;
    if (isolated > 1 && ((isolated & (isolated - 1)) === 0 || isolated % MOST_BETWEEN === 0)) onIsolated();
    if (!stopped) again();
  }

  function again(): void {
    const usual = ticks < QUICK_TICKS ? tickMs / 10 : tickMs;
    cancel = clock.after(usual * (0.8 + 0.4 * random.next()), tick);
  }

  return {
    start: again,
    stop() {
      stopped = true;
      cancel?.();
      cancel = null;
    },
  };
}
