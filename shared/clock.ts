/** Time as a dependency: the live clock, and the handle that a virtual one shares with it. */

export interface Clock {
  /** Milliseconds since the epoch of this clock; wall time for the live one. */
  now(): number;
  /** Calls back once after `delayMs`; the function returned cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** setTimeout overflows past 2^31 − 1 ms and would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` of the given clock; rejects with the signal's reason when that fires first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
