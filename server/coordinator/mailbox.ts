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

const atOnce = Promise.resolve();

export function createMailbox(): Mailbox {
  let waiting: Entry[] = [];
  let next = 0;
  let running: Promise<void> | null = null;

  /** Most jobs are done when they return: of a thousand that come at once none need wait for the turn of its promise. */
  function runAll(): Promise<void> | void {
    while (next < waiting.length) {
      const { job, resolve, reject } = waiting[next++];
      try {
        const result = job();
        if (result instanceof Promise) return goOnAfter(result, resolve, reject);
        resolve(result as never);
      } catch (thrown) {
        // A job that fails is its caller's business; the next one runs all the same.
        reject(thrown);
      }
    }
    waiting = [];
    next = 0;
    running = null;
  }

  function goOnAfter(result: Promise<unknown>, resolve: Entry['resolve'], reject: Entry['reject']): Promise<void> {
    return result.then(
      (value) => {
        resolve(value as never);
        return runAll();
      },
      (thrown: unknown) => {
        reject(thrown);
        return runAll();
      },
    );
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        waiting.push({ job, resolve: resolve, reject });
        running ??= atOnce.then(runAll);
      }),
    async idle() {
      while (running !== null) await running;
    },
  };
}
