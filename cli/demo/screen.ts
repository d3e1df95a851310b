/** The live view as lines of text: a pure function of what is known and how much room there is. */
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import { describeBuffer } from '../../shared/protocol/describe-buffer.ts';
import { describeRoundNumber } from '../../shared/protocol/describe-limit.ts';
import { PHASES, type LiveEdge, type LiveRound, type LiveTask } from '../../shared/protocol/live-view.ts';
import { describeRound } from './plain-view.ts';
import { fitLine, padVisible, type Style } from './style.ts';
import type { ViewModel } from './view-model.ts';

export interface Room {
  readonly columns: number;
  readonly rows: number;
}

const BARS = '▁▂▃▄▅▆▇█';
const LABEL = 10;
const ROUNDS_SHOWN = 3;

/** Never more than `rows - 1` lines, none wider than `columns - 1`: the cursor needs its place, too. */
export function renderScreen(view: ViewModel, style: Style, room: Room): readonly string[] {
  const { task, rounds } = view;
  const width = Math.max(20, room.columns - 1);
  const head = [
    `${style.bold('Murmuration')} ${style.dim('·')} ${task.task} ${style.dim('·')} ${statusOf(task, style)}   ${style.cyan(`${view.url}/`)}`,
    '',
    task.buffer === undefined || task.phase === null ? labelled('phase', phaseStrip(task, style, width - LABEL), style) : labelled('now', describeBuffer(task).slice(1).join(style.dim(' · ')), style),
    labelled('round', `${describeRoundNumber(task)}   ${bar(task.reported, task.goal, Math.min(20, Math.max(5, width - 60)))} ${task.reported}/${task.goal} reports${task.buffer === undefined ? `, ${task.selected === 0 ? `${task.eligible} eligible` : `${task.selected} selected`}` : ''}`, style),
    labelled('accuracy', `${style.bold(formatPercent(task.accuracy))}  ${sparkline(rounds, Math.min(40, Math.max(0, width - 40)))}${task.targetAccuracy === null ? '' : `  target ${formatPercent(task.targetAccuracy)}`}`, style),
    labelled('loss', formatLoss(task.loss), style),
    labelled('bytes', `${formatBytes(task.bytesUp)} up, ${formatBytes(task.bytesDown)} down`, style),
    labelled('time', `${formatDuration(view.elapsedMs)}${timeLeft(view)}`, style),
  ];
  const past = rounds.slice(-ROUNDS_SHOWN).map((round) => style.dim(describeRound(round, null)));
  const free = room.rows - 1 - head.length - (past.length === 0 ? 0 : past.length + 1);
  const body = free > 3 ? ['', ...edgeLines(view, style, free - 1)] : [];
  const lines = [...head, ...body, ...(past.length === 0 ? [] : ['', ...past])];
  return lines.slice(0, Math.max(1, room.rows - 1)).map((line) => fitLine(line, width));
}

function labelled(label: string, text: string, style: Style): string {
  return `${style.dim(label.padEnd(LABEL))}${text}`;
}

function statusOf({ status, statusReason }: LiveTask, style: Style): string {
  if (status === 'finished') return style.green(statusReason === null ? status : `${status}: ${statusReason}`);
  if (status === 'stopped') return style.yellow(statusReason === null ? status : `${status}: ${statusReason}`);
  return status;
}

/** All five where they fit, otherwise the current one and its place. */
function phaseStrip({ phase }: LiveTask, style: Style, width: number): string {
  if (phase === null) return '–';
  const at = PHASES.indexOf(phase);
  if (PHASES.join(' › ').length > width) return `${style.bold(phase)} (${at + 1} of ${PHASES.length})`;
  return PHASES.map((name, index) => (index === at ? style.bold(style.green(name)) : index < at ? name : style.dim(name))).join(style.dim(' › '));
}

function bar(value: number, whole: number, width: number): string {
  const filled = whole <= 0 ? 0 : Math.round((width * Math.min(value, whole)) / whole);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** Accuracies from the lowest shown to 1, the newest rightmost. */
function sparkline(rounds: readonly LiveRound[], width: number): string {
  const values = rounds.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy])).slice(-Math.max(1, width));
  if (width === 0 || values.length < 2) return '';
  const low = Math.min(...values);
  const span = Math.max(1e-9, Math.max(...values) - low);
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.floor(((value - low) / span) * BARS.length))]).join('');
}

function timeLeft({ task, leftMs }: ViewModel): string {
  if (task.status !== 'running') return '';
  return leftMs === null ? ', time left not known yet' : `, about ${formatDuration(leftMs)} left`;
}

function edgeLines(view: ViewModel, style: Style, room: number): readonly string[] {
  const title = `${style.dim('edges'.padEnd(LABEL))}${view.edges.filter(({ connected }) => connected).length} connected of ${view.edgesInAll}`;
  const shown = view.edges.length > room - 1 ? view.edges.slice(0, Math.max(0, room - 2)) : view.edges;
  const hidden = view.edgesInAll - shown.length;
  const nameWidth = Math.min(20, Math.max(0, ...shown.map(({ name }) => printable(name).length)));
  const lines = shown.map((edge) => edgeLine(edge, nameWidth, style));
  return [title, ...lines, ...(hidden > 0 && lines.length < room ? [style.dim(`  and ${hidden} more`)] : [])];
}

function edgeLine(edge: LiveEdge, nameWidth: number, style: Style): string {
  const name = padVisible(fitLine(printable(edge.name), nameWidth), nameWidth);
  const activity = padVisible(edge.connected ? printable(edge.activity) : 'away', 10);
  const facts = [edge.capabilities?.backend ?? '–', `${formatCount(edge.examples)} examples`, edge.contributions === 1 ? '1 round' : `${edge.contributions} rounds`].join(', ');
  return `  ${name}  ${edge.connected ? style.green(activity) : style.dim(activity)}  ${style.dim(facts)}`;
}

/** An edge names itself as it likes; what a terminal would obey must not reach it. */
function printable(text: string): string {
   
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
}
