/** An attempt to open a wire ends once, by whatever comes first: it came about, it failed, its time was up, it was called off. */
import type { Clock } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { EdgeId } from '../../shared/ids.ts';

export interface AttemptOptions {
  readonly peer: EdgeId;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** For people, of an attempt whose time is up: `no connection to …`. */
  readonly late: string;
  /** Told when its time is up, or when it is called off. It settles the attempt. */
  readonly fail: (error: MurmurError) => void;
}

export interface Attempt {
  readonly over: boolean;
  /** False where it was settled before. */
  settle(): boolean;
  /** From here on it can be called off. False: it was already, and has failed. */
  begin(): boolean;
}

export function createAttempt({ peer, signal, clock, timeoutMs, late, fail }: AttemptOptions): Attempt {
  let over = false;
  const cancelTimeout = clock.after(timeoutMs, () => fail(new MurmurError('timeout', `${late} within ${timeoutMs} ms`)));
  const onAbort = (): void => fail(new MurmurError('aborted', `the attempt to reach ${peer} was given up`, { cause: signal.reason }));
  return {
    get over() {
      return over;
    },
    settle() {
      if (over) return false;
      over = true;
      cancelTimeout();
      signal.removeEventListener('abort', onAbort);
      return true;
    },
    begin() {
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      return !signal.aborted;
    },
  };
}
