/**
 * Time that passes only when nothing is left to do: the next timer fires as soon as
 * everything that the last one set in motion has settled. Timers of the same instant
 * fire in the order in which they were set.
 */
import type { Clock } from '../shared/clock.ts';

interface Timer {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
  state: 'waiting' | 'fired' | 'cancelled';
}

export interface VirtualClock extends Clock {
  /** Lets time pass until `done` holds or nothing is left to wait for; true when `done` held. */
  runUntil(done: () => boolean): Promise<boolean>;
  /** Timers that are set and have neither fired nor been cancelled. */
  readonly pending: number;
}

/** Everything asynchronous that rests on promises alone has settled after a turn of the event loop. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createVirtualClock(start = 0): VirtualClock {
  // A binary heap by (time, sequence); cancelled timers are skipped when they surface.
  const heap: Timer[] = [];
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

  return {
    now: () => now,
    after(delayMs, callback) {
      const timer: Timer = { at: now + Math.max(0, delayMs), sequence: sequence++, callback, state: 'waiting' };
      push(timer);
      waiting++;
      return () => {
        if (timer.state !== 'waiting') return;
        timer.state = 'cancelled';
        waiting--;
      };
    },
    async runUntil(done) {
      for (;;) {
        await settle();
        if (done()) return true;
        let timer = pop();
        while (timer?.state === 'cancelled') timer = pop();
        if (!timer) return false;
        timer.state = 'fired';
        waiting--;
        now = timer.at;
        timer.callback();
      }
    },
    get pending() {
      return waiting;
    },
  };
}
