/** What every wire needs: a place for messages that nobody takes yet, and an end that comes once. */

/** A wire whose messages nobody takes is closed when it holds more than this: nobody fills a peer's memory before it listens. */
export const UNHEARD_BYTES = 16 * 2 ** 20;

export interface Inbox {
  /** A message came. False: nobody takes messages, and too many are kept already. */
  put(message: Uint8Array): boolean;
  onMessage(handler: ((message: Uint8Array) => void) | null): void;
  /** Keeps nothing and takes nothing more. */
  shut(): void;
}

export function createInbox(): Inbox {
  let handler: ((message: Uint8Array) => void) | null = null;
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  let isShut = false;
  /** Handing out what was kept: what comes meanwhile goes behind it. */
  let emptying = false;

  return {
    put(message) {
      if (isShut) return true;
      if (handler !== null && !emptying) {
        handler(message);
        return true;
      }
      // An empty message takes memory, too.
      keptBytes += message.byteLength + 64;
      if (keptBytes > UNHEARD_BYTES) return false;
      kept.push(message);
      return true;
    },
    onMessage(next) {
      handler = next;
      if (emptying) return;
      emptying = true;
      try {
        // A handler may hand over to another one, or to nobody, in the middle.
        for (let message = kept.at(0); message !== undefined && handler !== null; message = kept.at(0)) {
          kept.shift();
          keptBytes -= message.byteLength + 64;
          handler(message);
        }
      } finally {
        emptying = false;
      }
    },
    shut() {
      isShut = true;
      handler = null;
      kept = [];
      keptBytes = 0;
    },
  };
}

export interface Ending {
  /** Null: not yet. */
  readonly reason: string | null;
  onEnd(handler: (reason: string) => void): void;
  /** False where it had come already. */
  end(reason: string): boolean;
}

export function createEnding(): Ending {
  let ended: string | null = null;
  let handlers: ((reason: string) => void)[] = [];
  return {
    get reason() {
      return ended;
    },
    onEnd(handler) {
      if (ended !== null) handler(ended);
      else handlers.push(handler);
    },
    end(reason) {
      if (ended !== null) return false;
      ended = reason;
      const told = handlers;
      handlers = [];
      for (const handler of told) handler(reason);
      return true;
    },
  };
}
