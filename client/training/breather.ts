/** Gives the event loop its turn during long computations, so that sockets and timers live. */

export interface Breather {
  /** A promise to await when a turn is due, undefined when it is not. */
  breathe(): Promise<void> | undefined;
  /** Frees the channel; a breather that is not closed keeps a Node process alive. */
  close(): void;
}

const WORK_MS = 50;

/** A turn every 50 ms. By a message channel, since browsers stretch nested timers to 4 ms and more in hidden pages. */
export function createBreather(): Breather {
  const { port1, port2 } = new MessageChannel();
  let resume: (() => void) | null = null;
  port1.onmessage = () => {
    const callback = resume;
    resume = null;
    callback?.();
  };
  let workedSince = performance.now();
  return {
    breathe() {
      if (performance.now() - workedSince < WORK_MS) return undefined;
      return new Promise<void>((resolve) => {
        resume = () => {
          workedSince = performance.now();
          resolve();
        };
        port2.postMessage(null);
      });
    },
    close() {
      port1.onmessage = null;
      port1.close();
      port2.close();
    },
  };
}
