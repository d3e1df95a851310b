/** The big figures. Each has a fixed place and digits of equal width, so that nothing shifts while they change. */
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import { byId, create, setText } from './dom.ts';
import { lastValue } from './view-state.ts';

interface Facts {
  readonly task: LiveTask;
  readonly rounds: readonly LiveRound[];
  /** On the coordinator's clock. */
  readonly now: number;
}

interface FigureSpec {
  readonly id: string;
  readonly label: string;
  value(facts: Facts): string;
  /** The line below: what the value is to be compared with. */
  aside(facts: Facts): string;
  /** A third line. */
  more?(facts: Facts): string;
  /** 0 to 1 for a meter, with an optional mark; null: no meter. */
  meter?(facts: Facts): { readonly share: number; readonly mark: number | null } | null;
}

/** A task that nobody drives now may tell no total: then its rounds do. */
function totalBytes({ task, rounds }: Facts, direction: 'bytesUp' | 'bytesDown'): number {
  return Math.max(task[direction], rounds.reduce((sum, round) => sum + round[direction], 0));
}

function bytesPerRound({ rounds }: Facts, direction: 'bytesUp' | 'bytesDown'): string {
  if (rounds.length === 0) return 'in all';
  return `in all, ${formatBytes(rounds.reduce((sum, round) => sum + round[direction], 0) / rounds.length)} a round`;
}

/** From the start to now, or to the last round of a task that does not run. */
function runningFor({ task, rounds, now }: Facts): number | null {
  if (task.status === 'created') return null;
  const until = task.status === 'running' ? now : (rounds.at(-1)?.endedAt ?? now);
  return Math.max(0, Math.floor((until - task.startedAt) / 1000) * 1000);
}

const accuracyOf = ({ task, rounds }: Facts): number | null => task.accuracy ?? lastValue(rounds, 'accuracy');

/** Of the round under way, or of the last one where none is. */
function reportsOf({ task, rounds }: Facts): { readonly reported: number; readonly selected: number; readonly eligible: number | null } {
  const last = rounds.at(-1);
  return task.phase === null && last !== undefined ? { ...last, eligible: null } : task;
}

/** What is missing to the target, in percentage points. */
function distanceToTarget(facts: Facts): string {
  const target = facts.task.targetAccuracy;
  const accuracy = accuracyOf(facts);
  if (target === null) return 'on held-out examples';
  if (accuracy === null) return `target ${formatPercent(target)}`;
  return accuracy >= target ? `target ${formatPercent(target)} reached` : `${(100 * (target - accuracy)).toFixed(2)} points to the target ${formatPercent(target)}`;
}

function bestRound({ rounds }: Facts): string {
  let best: LiveRound | null = null;
  for (const round of rounds) if (round.accuracy !== null && (best?.accuracy ?? -1) < round.accuracy) best = round;
  return best === null ? 'no version was evaluated yet' : `best ${formatPercent(best.accuracy)}, in round ${formatCount(best.round)}`;
}

const FIGURES: readonly FigureSpec[] = [
  {
    id: 'accuracy',
    label: 'Accuracy',
    value: (facts) => formatPercent(accuracyOf(facts)),
    aside: distanceToTarget,
    more: bestRound,
    meter: (facts) => ({ share: accuracyOf(facts) ?? 0, mark: facts.task.targetAccuracy }),
  },
  {
    id: 'reports',
    label: 'Reports of the round',
    value: (facts) => `${formatCount(reportsOf(facts).reported)} / ${formatCount(facts.task.goal)}`,
    aside: (facts) => {
      const { selected, eligible } = reportsOf(facts);
      if (eligible === null) return `${formatCount(selected)} selected in the last round`;
      // Edges that work are not eligible for anything else: their number says something before the selection alone.
      return selected === 0 ? `${formatCount(eligible)} eligible so far` : `${formatCount(selected)} selected`;
    },
    more: (facts) => (reportsOf(facts).selected > facts.task.goal ? `the round closes at ${formatCount(facts.task.goal)}` : ''),
    meter: (facts) => {
      const { reported, selected } = reportsOf(facts);
      const { goal } = facts.task;
      const whole = Math.max(selected, goal, 1);
      return { share: reported / whole, mark: selected > goal ? goal / whole : null };
    },
  },
  {
    id: 'round',
    label: 'Round',
    value: ({ task }) => formatCount(task.round),
    aside: ({ task }) => (task.maxRounds === null ? 'no limit' : `of at most ${formatCount(task.maxRounds)}`),
  },
  {
    id: 'version',
    label: 'Model version',
    value: ({ task }) => formatCount(task.version),
    aside: ({ task, rounds }) => {
      const aborted = rounds.filter(({ outcome }) => outcome === 'aborted').length;
      if (aborted > 0) return `${formatCount(aborted)} ${aborted === 1 ? 'round' : 'rounds'} aborted`;
      return task.version === 0 ? 'the initial weights' : 'committed';
    },
  },
  {
    id: 'loss',
    label: 'Loss',
    value: ({ task, rounds }) => formatLoss(task.loss ?? lastValue(rounds, 'loss')),
    aside: ({ rounds }) => `training ${formatLoss(lastValue(rounds, 'trainLoss'))}`,
  },
  {
    id: 'time',
    label: 'Running for',
    value: (facts) => formatDuration(runningFor(facts)),
    aside: ({ rounds }) => {
      const recent = rounds.slice(-20).map(({ durationMs }) => durationMs);
      return recent.length === 0 ? 'no round ended yet' : `${formatDuration(recent.reduce((a, b) => a + b, 0) / recent.length)} a round`;
    },
  },
  { id: 'up', label: 'Sent up', value: (facts) => formatBytes(totalBytes(facts, 'bytesUp')), aside: (facts) => bytesPerRound(facts, 'bytesUp') },
  { id: 'down', label: 'Sent down', value: (facts) => formatBytes(totalBytes(facts, 'bytesDown')), aside: (facts) => bytesPerRound(facts, 'bytesDown') },
];

export function createFigures(): (facts: Facts) => void {
  const parent = byId('figures', HTMLElement);
  const updates = FIGURES.map((spec) => {
    const box = create('div', `figure card figure-${spec.id}`);
    box.dataset['testid'] = `figure-${spec.id}`;
    const value = create('dd', 'figure-value');
    const aside = create('dd', 'figure-aside muted');
    box.append(create('dt', 'figure-label muted', spec.label), value, aside);
    const more = create('dd', 'figure-aside muted');
    if (spec.more !== undefined) box.append(more);
    const meter = create('dd', 'meter');
    const fill = create('span', 'meter-fill');
    const mark = create('span', 'meter-mark');
    // The figures beside it say the same in words.
    meter.setAttribute('aria-hidden', 'true');
    meter.append(fill, mark);
    if (spec.meter !== undefined) box.append(meter);
    parent.append(box);
    return (facts: Facts) => {
      setText(value, spec.value(facts));
      setText(aside, spec.aside(facts));
      setText(more, spec.more?.(facts) ?? '');
      const state = spec.meter?.(facts) ?? null;
      fill.style.width = `${(100 * Math.min(1, Math.max(0, state?.share ?? 0))).toFixed(2)}%`;
      mark.hidden = state === null || state.mark === null;
      if (state !== null && state.mark !== null) mark.style.left = `${(100 * Math.min(1, state.mark)).toFixed(2)}%`;
    };
  });
  return (facts) => {
    for (const update of updates) update(facts);
  };
}
