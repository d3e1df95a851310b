/** How much of something one side may have: so much a second, and so much at once after a rest (a token bucket). */
import type { Clock } from '../clock.ts';

export interface Allowance {
  /** Takes so much where it is there; false: it is not, and nothing was taken. */
  take(amount: number): boolean;
  /** Takes so much in any case. @returns milliseconds after which it was there for the taking */
  owe(amount: number): number;
}

export function createAllowance(clock: Clock, { perSecond, atOnce }: { readonly perSecond: number; readonly atOnce: number }): Allowance {
  let left = atOnce;
  let at = clock.now();
  const refill = (): void => {
    const now = clock.now();
    // A clock that was set back gives nothing, and takes nothing.
    left = Math.min(atOnce, left + (Math.max(0, now - at) * perSecond) / 1000);
    at = now;
  };
  return {
    take(amount) {
      refill();
      if (left < amount) return false;
      left -= amount;
      return true;
    },
    owe(amount) {
      refill();
      left -= amount;
      return left >= 0 ? 0 : (-left * 1000) / perSecond;
    },
  };
}
