/** Processor time of the thread that a simulation runs on: everything but what its pool trains and evaluates. */
import { readFileSync } from 'node:fs';

/** Milliseconds so far; null where the system does not say (it is Linux that does). */
export function threadMs(): number | null {
  try {
    // Nanoseconds on a processor come first; counted by the scheduler, so that some of the last milliseconds may be missing.
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return null;
  }
}
