/**
 * Time that passes only when nothing is left to do: the next timer fires as soon as everything that the last one set in
 * motion has settled. Timers of the same instant fire in the order in which they were set.
 *
 * What runs under it may rest on promises alone; whatever takes real time (a worker that trains) goes through `work`, which
 * gives it a place in virtual time, so that results arrive in the same order however long each took to compute.
 */
import type { Clock } from '../shared/clock.ts';
import { MurmurError } from '../shared/errors.ts';

interface Timer {
  readonly at: number;
  readonly sequence: number;
  callback: () => void;
  state: 'waiting' | 'fired' | 'cancelled';
  /** Real work without whose end time stands still at this timer; null: none, or it has ended. */
  blockedBy: Promise<void> | null;
}

export interface VirtualClock extends Clock {
  /** Lets time pass until `done` holds or nothing is left to wait for; true when `done` held. */
  runUntil(done: () => boolean): Promise<boolean>;
  /**
   * Settles as `real` does, exactly `durationMs` from now: time passes meanwhile for everybody else, and stands still at
   * that instant until `real` has ended. The signal, when it fires first, rejects with its reason and lets time go on.
   */
  work<T>(durationMs: number, real: Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Timers that are set and have neither fired nor been cancelled. */
  readonly pending: number;
}

/** Turns after which the event loop gets a turn of its own, so that signals, workers and sockets are heard. */
const TURNS_IN_A_ROW = 512;

/**
 * `nextTick` sets a tick, which comes once all that rests on promises has settled: ticks run when the queue of promise jobs is empty. From within a
 * tick the detour over a promise is needed, since ticks set by ticks run before promise jobs.
 */
const settled = Promise.resolve();
const whenSettled = (nextTick: () => void): void => void settled.then(nextTick);

const nothing = (): void => undefined;

export function createVirtualClock(start = 0): VirtualClock {
  // A binary heap by (time, sequence); cancelled timers are skipped when they surface.
  let heap: Timer[] = [];
  let waiting = 0;
  let now = start;
  let sequence = 0;

  const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

  function push(timer: Timer): void {
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent], timer)) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = timer;
  }

  function pop(): Timer | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (before(last, heap[child])) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return top;
  }

  /** The next timer that waits, left in its place. */
  function next(): Timer | undefined {
    while (heap.length > 0 && heap[0].state === 'cancelled') pop();
    return heap.at(0);
  }

  function set(delayMs: number, callback: () => void): Timer {
    // Most timers are time-outs that never strike: once they are the greater part, the heap is built anew without them.
    if (heap.length > 1024 && heap.length > 4 * waiting) {
      heap = heap.filter(({ state }) => state === 'waiting').sort((a, b) => a.at - b.at || a.sequence - b.sequence);
    }
    const timer: Timer = { at: now + Math.max(0, delayMs), sequence: sequence++, callback, state: 'waiting', blockedBy: null };
    push(timer);
    waiting++;
    return timer;
  }

  function cancel(timer: Timer): void {
    if (timer.state !== 'waiting') return;
    timer.state = 'cancelled';
    // It surfaces much later: what it would have called must not live as long.
    timer.callback = nothing;
    waiting--;
  }

  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = set(delayMs, callback);
      return () => cancel(timer);
    },
    work(durationMs, real, signal) {
      return new Promise((resolve, reject) => {
        let free = (): void => undefined;
        const blocked = new Promise<void>((freed) => {
          free = freed;
        });
        const over = (): void => {
          timer.blockedBy = null;
          free();
        };
        const onAbort = (): void => {
          cancel(timer);
          over();
          reject(signal?.reason as Error);
        };
        const timer = set(durationMs, () => {
          signal?.removeEventListener('abort', onAbort);
          // It has settled: the clock waited for it.
          real.then(resolve, reject);
        });
        timer.blockedBy = blocked;
        real.then(over, over);
        if (signal?.aborted) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    runUntil(done) {
      return new Promise((resolve, reject) => {
        let turns = 0;
        const nextTick = (): void => process.nextTick(turn);
        const goOn = (): void => {
          if (++turns % TURNS_IN_A_ROW === 0) setImmediate(turn);
          else whenSettled(nextTick);
        };
        const turn = (): void => {
          try {
            if (done()) return resolve(true);
            const timer = next();
            if (timer === undefined) return resolve(false);
            if (timer.blockedBy !== null) return void timer.blockedBy.then(() => whenSettled(nextTick));
            pop();
            timer.state = 'fired';
            waiting--;
            now = timer.at;
            timer.callback();
            goOn();
          } catch (thrown) {
            reject(thrown);
          }
        };
        whenSettled(nextTick);
      });
    },
    get pending() {
      return waiting;
    },
  };
}

/** Lets time pass until the promise has settled. @throws what it rejects with; internal where nothing is left that it could wait for */
export async function settledIn<T>(clock: Pick<VirtualClock, 'runUntil'>, promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  if (!(await clock.runUntil(() => settled))) throw new MurmurError('internal', 'something waits for what will never come');
  return promise;
}
