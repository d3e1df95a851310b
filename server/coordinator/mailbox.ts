/** Runs jobs one after the other: what happens to a task happens in one order, whoever calls. */

export interface Mailbox {
  /** Runs after everything that was handed in before; resolves or rejects as the job does. */
  run<T>(job: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is left to run. */
  idle(): Promise<void>;
}

export function createMailbox(): Mailbox {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    run(job) {
      const result = tail.then(job);
      // A job that fails is its caller's business; the next one runs all the same.
      tail = result.catch(() => undefined);
      return result;
    },
    async idle() {
      let seen: unknown;
      while (seen !== tail) {
        seen = tail;
        await tail;
      }
    },
  };
}
