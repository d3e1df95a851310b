/** How the command line ends: part of its contract with other programs. */
import { isMurmurError } from '../shared/errors.ts';

export const EXIT = Object.freeze({ done: 0, failed: 1, usage: 2 });

export function exitCodeOf(thrown: unknown): number {
  return isMurmurError(thrown, 'bad_usage') ? EXIT.usage : EXIT.failed;
}
