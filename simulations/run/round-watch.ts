/** Puts together what is written down of each round: the coordinator's record, and whom the edges' numbers stand for. */
import type { EdgeEvent } from '../../client/edge/events.ts';
import { parseAssignmentId } from '../../server/coordinator/assignment-ids.ts';
import type { AssignmentId } from '../../shared/ids.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import type { RoundLine } from './record.ts';

export interface RoundWatch {
  onEdge(number: number, event: EdgeEvent): void;
  /** @param merged the assignments whose reports counted */
  ended(round: LiveRound, merged: readonly AssignmentId[]): RoundLine;
}

/**
 * @param epochMs when the simulation began, by its clock
 * @param roundsBehind for how many rounds a report may come after the one in which its edge was asked
 */
export function createRoundWatch(epochMs: number, roundsBehind: number): RoundWatch {
  /** Who was given what, by round. */
  const assigned = new Map<number, Map<AssignmentId, number>>();
  let wallAt = performance.now();
  return {
    onEdge(number, event) {
      if (event.type !== 'assigned') return;
      const own = assigned.get(event.round) ?? new Map<AssignmentId, number>();
      own.set(event.assignment, number);
      assigned.set(event.round, own);
    },
    ended(round, merged) {
      const own = assigned.get(round.round) ?? new Map<AssignmentId, number>();
      // Without a barrier a report may count in a later round than the one in which its edge was asked.
      const counted = merged.flatMap((id) => assigned.get(parseAssignmentId(id)?.round ?? round.round)?.get(id) ?? []);
      for (const old of assigned.keys()) if (old <= round.round - roundsBehind) assigned.delete(old);
      const now = performance.now();
      const wallMs = now - wallAt;
      wallAt = now;
      const { outcome, reason, version, accuracy, loss, trainLoss, eligible, selected, reported, bytesUp, bytesDown, phaseMs, reasons, endedAt, evaluation } = round;
      return {
        type: 'round', round: round.round, outcome, reason, version, virtualMs: endedAt - epochMs, wallMs, accuracy, loss, trainLoss, ...(evaluation === undefined ? {} : { evaluation }),
        eligible, selected, reported, bytesUp, bytesDown, phaseMs, reasons,
        selectedEdges: [...own.values()], reportedEdges: counted,
        ...(round.staleness === undefined ? {} : { staleness: round.staleness }),
      };
    },
  };
}
