/** The time by which a task's rounds go, and the one timer that tells when its machine has something due. */
import type { Clock } from '../../shared/clock.ts';

export interface RoundClock {
  /** Milliseconds. Goes on from where it was when the wall clock is set back under the task. */
  now(): number;
  /** Sets the timer; asked after every event, and most events change nothing about it. null: nothing is due. */
  arm(due: number | null): void;
}

/**
 * @param longestMs no phase takes longer: whoever seems to have more time left was given it by a clock that was set back
 * @param onDue called once what was armed has come; may be a hair early, so that whoever hears it arms again
 */
export function createRoundClock(clock: Clock, longestMs: number, onDue: () => void): RoundClock {
  let setBackMs = 0;
  let armedFor: number | null = null;
  let cancel: (() => void) | null = null;
  const now = (): number => clock.now() + setBackMs;

  return {
    now,
    arm(due) {
      if (due === armedFor) return;
      cancel?.();
      cancel = null;
      armedFor = due;
      if (due === null) return;
      const left = due - now();
      const waitMs = Math.max(1, Math.min(left, longestMs));
      cancel = clock.after(waitMs, () => {
        armedFor = null;
        cancel = null;
        if (waitMs < left) setBackMs += Math.max(0, due - now());
        onDue();
      });
    },
  };
}
