/** Turns of the event loop in Node. The browsers' twin exports the same names. */
import type { Turns } from '../turns.ts';

/**
 * Immediates, and no message channel: Node hands out up to a thousand messages before it goes on to timers and sockets, and
 * takes those for new that were posted in answer to the last.
 */
export function openTurns(): Turns {
  return { next: () => new Promise((resolve) => setImmediate(resolve)), close: () => undefined };
}
