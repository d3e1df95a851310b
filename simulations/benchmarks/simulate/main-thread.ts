/** Processor time of the thread that a simulation runs on: everything but what its pool trains and evaluates. */
import { readFileSync } from 'node:fs';

/** Milliseconds so far; null where the system does not say (it is Linux that does). */
export function mainThreadMs(): number | null {
  try {
    // Nanoseconds on a processor come first; the thread of the process's own number is the main one.
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return null;
  }
}
