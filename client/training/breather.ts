/** Gives the event loop its turn during long computations, so that sockets and timers live. */
import { openTurns } from '#platform/turns';

export interface Breather {
  /** A promise to await when a turn is due, undefined when it is not. */
  breathe(): Promise<void> | undefined;
  /** Frees what turns are had by. */
  close(): void;
}

/** Milliseconds of work between turns. */
const WORK_MS = 50;

export function createBreather(): Breather {
  const turns = openTurns();
  let workedSince = performance.now();
  return {
    breathe() {
      if (performance.now() - workedSince < WORK_MS) return undefined;
      return turns.next().then(() => {
        workedSince = performance.now();
      });
    },
    close: () => turns.close(),
  };
}
