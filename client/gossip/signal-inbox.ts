/** Signals of one attempt in the order in which they were sent, whatever order they came in; kept until somebody listens. */
import { MOST_SIGNALS } from '../../shared/gossip/mesh-frames.ts';

export interface SignalInbox {
  /** Repeats are dropped. */
  put(number: number, data: unknown): void;
  onSignal(handler: (signal: unknown) => void): void;
}

export function createSignalInbox(): SignalInbox {
  const waiting = new Map<number, unknown>();
  let next = 0;
  let handler: ((signal: unknown) => void) | null = null;

  function deliver(): void {
    while (handler !== null && waiting.has(next)) {
      const data = waiting.get(next);
      waiting.delete(next);
      next++;
      handler(data);
    }
  }

  return {
    put(number, data) {
      if (number < next || number > MOST_SIGNALS || waiting.has(number)) return;
      waiting.set(number, data);
      deliver();
    },
    onSignal(given) {
      handler = given;
      deliver();
    },
  };
}
