/** Puts together what is written down of each round: the coordinator's record, and who took part, as the edges tell. */
import type { EdgeEvent } from '../../client/edge/events.ts';
import type { Clock } from '../../shared/clock.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import type { RoundLine } from './record.ts';

export interface RoundWatch {
  onEdge(number: number, event: EdgeEvent): void;
  ended(round: LiveRound): RoundLine;
}

interface Seen {
  readonly selected: number[];
  readonly reported: number[];
}

export function createRoundWatch({ epochMs, clock }: { readonly epochMs: number; readonly clock: Clock }): RoundWatch {
  const rounds = new Map<number, Seen>();
  let wallAt = performance.now();
  const of = (round: number): Seen => {
    const known = rounds.get(round) ?? { selected: [], reported: [] };
    rounds.set(round, known);
    return known;
  };
  return {
    onEdge(number, event) {
      if (event.type === 'assigned') of(event.round).selected.push(number);
      else if (event.type === 'reported' && event.outcome === 'accepted') of(event.round).reported.push(number);
    },
    ended(round) {
      const seen = of(round.round);
      // What is said of it later belongs to no line any more.
      for (const old of rounds.keys()) if (old < round.round) rounds.delete(old);
      const now = performance.now();
      const wallMs = now - wallAt;
      wallAt = now;
      const { outcome, reason, version, accuracy, loss, trainLoss, selected, reported, bytesUp, bytesDown } = round;
      return {
        type: 'round', round: round.round, outcome, reason, version, virtualMs: Math.min(clock.now(), round.endedAt) - epochMs, wallMs, accuracy, loss, trainLoss,
        eligible: round.eligible, selected, reported, bytesUp, bytesDown, phaseMs: round.phaseMs, reasons: round.reasons,
        selectedEdges: seen.selected, reportedEdges: seen.reported,
      };
    },
  };
}
