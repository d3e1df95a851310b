/** Runs jobs one after the other: what happens to a task happens in one order, whoever calls. */

export interface Mailbox {
  /** Runs after everything that was handed in before, and never within this call; resolves or rejects as the job does. */
  run<T>(job: () => Promise<T> | T): Promise<T>;
  /** Resolves when nothing is left to run. */
  idle(): Promise<void>;
}

interface Entry {
  readonly job: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (thrown: unknown) => void;
}

export function createMailbox(): Mailbox {
  let waiting: Entry[] = [];
  let running: Promise<void> | null = null;

  async function runAll(): Promise<void> {
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      for (const { job, resolve, reject } of group) {
        try {
          const result = job();
          // Most jobs are done when they return; of a thousand that come at once none need wait for the turn of its promise.
          resolve((result instanceof Promise ? await result : result) as never);
        } catch (thrown) {
          // A job that fails is its caller's business; the next one runs all the same.
          reject(thrown);
        }
      }
    }
    running = null;
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({ job, resolve: resolve, reject });
        running ??= runAll();
      }),
    async idle() {
      while (running !== null) await running;
    },
  };
}
