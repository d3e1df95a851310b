/**
 * Says something to many without holding up everybody else: to some at once, to the others a few at a time. Whoever waits
 * already when there is something new to say keeps his place, and hears the newest alone.
 */
import type { Clock } from '../../shared/clock.ts';

export interface PacedTelling<T> {
  tell(listeners: Iterable<T>): void;
  /** Tells all who wait, now. */
  flush(): void;
  /** Forgets those who wait. */
  stop(): void;
}

export interface Pace {
  /** How many are told at once. */
  readonly count: number;
  readonly pauseMs: number;
}

/** 2,000 a second: below a fifth of one processor. */
const DEFAULT_PACE: Pace = { count: 100, pauseMs: 50 };

export function createPacedTelling<T>(clock: Clock, say: (listener: T) => void, { count, pauseMs }: Pace = DEFAULT_PACE): PacedTelling<T> {
  const waiting = new Set<T>();
  let cancel: (() => void) | null = null;

  function tellSome(most: number): void {
    cancel?.();
    cancel = null;
    for (const listener of waiting) {
      if (most-- === 0) break;
      waiting.delete(listener);
      say(listener);
    }
    if (waiting.size > 0) cancel = clock.after(pauseMs, () => tellSome(count));
  }

  return {
    tell(listeners) {
      for (const listener of listeners) waiting.add(listener);
      // While a pause is on, they wait for its end with the others.
      if (cancel === null) tellSome(count);
    },
    flush: () => tellSome(Infinity),
    stop() {
      cancel?.();
      cancel = null;
      waiting.clear();
    },
  };
}
