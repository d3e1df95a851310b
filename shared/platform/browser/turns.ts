/** Turns of the event loop in a browser, on the page or in a worker. The Node twin exports the same names. */
import type { Turns } from '../turns.ts';

/** By a message channel, since browsers stretch nested timers to 4 ms and more in hidden pages. */
export function openTurns(): Turns {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return {
    next: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        port2.postMessage(null);
      }),
    close() {
      port1.onmessage = null;
      port1.close();
      port2.close();
    },
  };
}
