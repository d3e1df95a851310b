/** The panel about one round: who was considered, why each was or was not chosen, and how often each reason came. */
import { formatCount } from '../../shared/format.ts';
import { reasonCounts } from '../../shared/protocol/decision-facts.ts';
import { createCell } from './cells.ts';
import { byId, create, setAttribute, setHidden, setText } from './dom.ts';
import { readRound, rowsOf, sortRows, SORT_KEYS, type DecisionRow, type Order, type RoundOnRecord } from './round-decisions.ts';

/** More rows make a page slow and nobody reads them; the others are in the counts. */
const MOST_ROWS = 500;

export interface RoundPanel {
  /** Fetches the round and shows it. */
  open(task: string, round: number): void;
  close(): void;
}

/** @param nameOf of an edge by its id; empty where that is not known */
export function createRoundPanel(nameOf: (edge: string) => string): RoundPanel {
  const panel = byId('round-panel', HTMLElement);
  const title = byId('round-panel-title', HTMLElement);
  const count = byId('round-panel-count', HTMLElement);
  const bars = byId('round-reasons', HTMLElement);
  const body = byId('round-decisions-body', HTMLElement);
  const note = byId('round-panel-note', HTMLElement);
  const heads = new Map(SORT_KEYS.map((key) => [key, byId(`sort-${key}`, HTMLButtonElement)]));
  let rows: readonly DecisionRow[] = [];
  let order: Order = { by: 'status', descending: false };
  /** What was asked for last: an answer to anything else is not shown. */
  let asked: AbortController | null = null;

  function drawRows(): void {
    for (const [key, button] of heads) setAttribute(button.parentElement ?? button, 'aria-sort', key !== order.by ? 'none' : order.descending ? 'descending' : 'ascending');
    body.replaceChildren(...sortRows(rows, order).slice(0, MOST_ROWS).map(rowElement));
  }

  function drawBars({ round, participations }: RoundOnRecord): void {
    const counts = reasonCounts(round.reasons, participations);
    const most = Math.max(round.selected, ...counts.map((one) => one.count));
    const all = [{ reason: 'chosen', count: round.selected }, ...counts];
    bars.replaceChildren(...all.map(({ reason, count: edges }) => barElement(reason, edges, most)));
    const considered = all.reduce((sum, one) => sum + one.count, 0);
    setText(count, `${formatCount(considered)} considered, ${formatCount(round.selected)} chosen`);
    const beside = counts.reduce((sum, one) => sum + one.beside, 0) + Math.max(0, rows.length - MOST_ROWS);
    setText(note, rows.length === 0 ? 'No decision of this round is on record.' : beside === 0 ? '' : `${formatCount(beside)} more are in the counts alone.`);
    setHidden(note, note.textContent === '');
  }

  async function load(task: string, round: number, signal: AbortSignal): Promise<void> {
    const answer = await fetch(`api/tasks/${encodeURIComponent(task)}/rounds/${round}`, { signal, cache: 'no-store' });
    const shown = readRound(answer.ok ? await answer.json() : null);
    if (signal.aborted) return;
    if (shown === null) return fail(answer.ok ? 'The coordinator’s answer is not understood; reload this page.' : `The coordinator has no record of this round (${answer.status}).`);
    rows = rowsOf(shown, nameOf);
    drawRows();
    drawBars(shown);
  }

  function fail(text: string): void {
    setText(note, text);
    setHidden(note, false);
  }

  function close(): void {
    asked?.abort();
    asked = null;
    setHidden(panel, true);
  }

  for (const [key, button] of heads) {
    button.addEventListener('click', () => {
      order = { by: key, descending: order.by === key && !order.descending };
      drawRows();
    });
  }
  byId('round-panel-close', HTMLButtonElement).addEventListener('click', close);

  return {
    open(task, round) {
      asked?.abort();
      const mine = new AbortController();
      asked = mine;
      rows = [];
      body.replaceChildren();
      bars.replaceChildren();
      setText(title, `Round ${formatCount(round)}: who was chosen, and why`);
      setText(count, '');
      fail('Asking the coordinator …');
      setHidden(panel, false);
      panel.focus({ preventScroll: true });
      panel.scrollIntoView({ block: 'nearest' });
      load(task, round, mine.signal).catch(() => {
        if (!mine.signal.aborted) fail('The coordinator does not answer. Choose the round again when it is back.');
      });
    },
    close,
  };
}

function rowElement({ edge, name, status, examples, restsOn, why }: DecisionRow): HTMLTableRowElement {
  const row = create('tr');
  row.dataset['testid'] = `decision-${edge}`;
  row.dataset['status'] = status;
  const who = createCell(row, 'Edge', 'who').inner;
  if (name !== '') who.append(create('span', 'edge-name', name));
  who.append(create('code', 'edge-id', edge));
  createCell(row, 'Status', 'status').inner.append(status);
  createCell(row, 'Examples', 'number').inner.append(formatCount(examples));
  createCell(row, 'Rests on', 'rests-on').inner.append(restsOn === '' ? '–' : restsOn);
  createCell(row, 'Why', 'why').inner.append(why);
  return row;
}

function barElement(reason: string, edges: number, most: number): HTMLElement {
  const item = create('li', 'reason-bar');
  item.dataset['testid'] = `reason-${reason}`;
  const bar = create('progress');
  bar.max = Math.max(1, most);
  bar.value = edges;
  bar.setAttribute('aria-label', `${reason}: ${edges} edges`);
  item.append(create('span', 'reason-name', reason), bar, create('span', 'number', formatCount(edges)));
  return item;
}
