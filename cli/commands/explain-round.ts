/** A round's decisions in words: for each considered edge why it was or was not chosen, for the rest counts by reason. */
import type { ParticipationRecord, RoundRecord } from '../../server/storage/store.ts';
import { describeFacts, factsOf, reasonCounts } from '../../shared/protocol/decision-facts.ts';
import { formatTable } from '../table.ts';

/** With `edge`, of that one alone. */
export function explainRound(round: RoundRecord, participations: readonly ParticipationRecord[], edge: string | null): string {
  const counts = reasonCounts(round.reasons, participations);
  const considered = round.selected + counts.reduce((sum, { count }) => sum + count, 0);
  const shown = edge === null ? participations : participations.filter((one) => one.edge === edge);
  const head = `Round ${round.round}: ${considered} edges were considered, ${round.selected} chosen${edge === null ? '' : `; about ${edge}`}`;
  return [head, edgesTable(shown, edge, counts.some(({ beside }) => beside > 0)), ...(edge === null ? [countsTable(counts)] : [])].filter((part) => part !== '').join('\n\n');
}

function edgesTable(shown: readonly ParticipationRecord[], edge: string | null, isSample: boolean): string {
  if (shown.length === 0) {
    if (edge === null) return 'Nobody yet.';
    return isSample ? 'It is not among those whose reasons were kept: it was not considered, or is in the counts alone.' : 'It was not considered: it was not there, or served another task.';
  }
  const rows = shown.map((one) => {
    const facts = factsOf(one);
    return [one.edge, one.status, one.examples === null ? '' : String(one.examples), facts === null ? '' : describeFacts(facts), one.reason];
  });
  return formatTable(['EDGE', 'STATUS', 'EXAMPLES', 'RESTS ON', 'WHY'], rows);
}

function countsTable(counts: ReturnType<typeof reasonCounts>): string {
  if (counts.length === 0) return '';
  return formatTable(['NOT CHOSEN', 'EDGES', 'NOT LISTED ABOVE'], counts.map(({ reason, count, beside }) => [reason, String(count), beside === 0 ? '' : String(beside)]));
}
