/** Every round in a table, folded away. */
import { formatBytes, formatDuration, formatLoss, formatPercent } from '../../../shared/format.ts';
import type { RunRecord } from '../../run/read-record.ts';
import type { RoundLine } from '../../run/record.ts';
import { element, escapeText } from '../markup.ts';
import { dataTable } from '../table.ts';

/** A page of more rows is of use to nobody; the record has them all. */
const MOST_ROWS = 1000;
const HEAD = ['round', 'outcome', 'accuracy', 'loss', 'training loss', 'eligible', 'selected', 'reported', 'up', 'down', 'virtual time', 'real time'];

export function roundsTable({ rounds }: RunRecord): string {
  const shown = rounds.length <= MOST_ROWS ? rounds : [...rounds.slice(0, MOST_ROWS / 2), ...rounds.slice(-MOST_ROWS / 2)];
  const left = rounds.length - shown.length;
  const summary = `All rounds${left === 0 ? '' : ` (without ${left} in the middle; rounds.jsonl has them)`}`;
  return element('details', { class: 'card across' }, element('summary', {}, escapeText(summary)), dataTable(HEAD, shown.map(rowOf)));
}

function rowOf(line: RoundLine): readonly string[] {
  const outcome = line.outcome === 'committed' ? (line.gossip === undefined ? `committed, version ${line.version ?? '–'}` : 'ended') : `<span class="bad">aborted: ${escapeText(line.reason ?? 'no reason given')}</span>`;
  return [
    line.round.toString(), outcome, formatPercent(line.accuracy), formatLoss(line.loss), formatLoss(line.trainLoss), line.eligible.toString(), line.selected.toString(), line.reported.toString(),
    formatBytes(line.bytesUp), formatBytes(line.bytesDown), formatDuration(line.virtualMs), formatDuration(line.wallMs),
  ];
}
