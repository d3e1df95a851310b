/**
 * Which of the states that an edge has kept stands. Where the server sums what edges keep (SCAFFOLD's control variates, FedDyn's
 * gradients), sum and states must stand for the same reports: so a state is kept before its report is sent, beside the one before,
 * and the coordinator says with the next assignment which report counted. A round that was aborted, a report that came too late, and
 * a process that ended at any moment between the two then leave an edge with what the sum has of it.
 */
import { MurmurError } from '../../shared/errors.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import type { KeptState } from './edge-state-store.ts';

/**
 * @param kept the newest first
 * @param counted the assignment whose report was the last to count; null: none did; undefined: the coordinator does not say
 * @returns null where the edge begins
 * @throws state_lost where a report of this edge is in the server's sum, and what it kept with that is gone
 */
export function settledState(kept: readonly KeptState[], counted: AssignmentId | null | undefined, algorithm: string): KeptState | null {
  if (counted === undefined) return kept.at(0) ?? null;
  if (counted === null) return null;
  // One of before assignments were noted can only be of the last report that counted, or as good as that.
  const found = kept.find(({ assignment }) => assignment === counted) ?? kept.find(({ assignment }) => assignment === null);
  if (found) return found;
  throw new MurmurError('state_lost', `${algorithm} sums what its edges keep, and this edge lost what it kept with ${counted}: begun from zero it would count twice. Restore its state folder, enrol it anew, or use fedprox or fednova, which keep nothing`);
}
