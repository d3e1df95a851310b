/** The rounds that ended last, newest first: what came of them, and why where one was aborted. */
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveRound } from '../../shared/protocol/live-view.ts';
import { createCell } from './cells.ts';
import { byId, create, createKeyedList, setAttribute, setHidden, setText, type KeyedRow } from './dom.ts';

const SHOWN = 12;

function createRow(onChoose: (round: number) => void): KeyedRow<LiveRound> {
  const element = create('tr');
  const round = createCell(element, 'Round', 'number');
  // A button, so that it can be reached without a mouse; the row around it is a larger target.
  const choose = create('button', 'round-link');
  choose.type = 'button';
  round.inner.append(choose);
  let shown = 0;
  element.addEventListener('click', () => onChoose(shown));
  const outcome = createCell(element, 'Outcome', 'outcome');
  const mark = create('span', 'outcome-mark');
  const reason = create('span', 'outcome-reason');
  outcome.inner.append(mark, reason);
  const reports = createCell(element, 'Reports', 'number');
  const accuracy = createCell(element, 'Accuracy', 'number');
  const loss = createCell(element, 'Training loss', 'number');
  const took = createCell(element, 'Took', 'number');
  const up = createCell(element, 'Up', 'number');
  const down = createCell(element, 'Down', 'number');
  return {
    element,
    update(item) {
      setAttribute(element, 'data-outcome', item.outcome);
      element.dataset['testid'] = `round-${item.round}`;
      shown = item.round;
      setText(choose, formatCount(item.round));
      setAttribute(choose, 'aria-label', `Round ${item.round}: who was chosen, and why`);
      setText(mark, item.outcome === 'committed' ? 'committed' : 'aborted');
      setText(reason, item.outcome === 'committed' ? (item.version === null ? '' : `version ${formatCount(item.version)}`) : (item.reason ?? 'no reason given'));
      setText(reports.inner, `${formatCount(item.reported)} / ${formatCount(item.selected)}`);
      setText(accuracy.inner, formatPercent(item.accuracy));
      setText(loss.inner, formatLoss(item.trainLoss));
      setText(took.inner, formatDuration(item.durationMs));
      setText(up.inner, formatBytes(item.bytesUp));
      setText(down.inner, formatBytes(item.bytesDown));
    },
  };
}

/** `onChoose` is told which round was clicked. Of a task without a model there is no accuracy and no training loss to show. */
export function createRoundsTable(onChoose: (round: number) => void): (rounds: readonly LiveRound[], options: { readonly withoutModel: boolean }) => void {
  const body = byId('rounds-body', HTMLElement);
  const list = createKeyedList(body, (round: LiveRound) => `${round.round}`, () => createRow(onChoose));
  const empty = byId('no-rounds', HTMLElement);
  const count = byId('rounds-count', HTMLElement);
  return (rounds, { withoutModel }) => {
    body.closest('table')?.classList.toggle('without-model', withoutModel);
    list(rounds.slice(-SHOWN).reverse());
    setHidden(empty, rounds.length > 0);
    setText(count, rounds.length > SHOWN ? `the last ${SHOWN}` : '');
  };
}
