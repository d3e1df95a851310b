/** The big figures of a task whose rounds a coordinator leads. */
import type { EvaluatedVersion } from '../../shared/evaluation/summary.ts';
import { formatBytes, formatCount, formatDuration, formatLoss, formatPercent } from '../../shared/format.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import { describeStaleness, describeWorking } from '../../shared/protocol/describe-buffer.ts';
import { describeLimit } from '../../shared/protocol/describe-limit.ts';
import { byId } from './dom.ts';
import { createFigureBoxes, type FigureSpec } from './figure-boxes.ts';
import { lastValue } from './view-state.ts';

interface Facts {
  readonly task: LiveTask;
  readonly rounds: readonly LiveRound[];
  /** On the coordinator's clock. */
  readonly now: number;
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

const centralAccuracy = ({ task, rounds }: Facts): number | null => task.accuracy ?? lastValue(rounds, 'accuracy');

/** What the edges found last, where nobody else judges. */
function judgedByEdges(facts: Facts): EvaluatedVersion | null {
  return centralAccuracy(facts) !== null || lastValue(facts.rounds, 'loss') !== null ? null : (facts.rounds.findLast(({ evaluation }) => evaluation !== undefined)?.evaluation ?? null);
}

function accuracyOf(facts: Facts): number | null {
  const shared = judgedByEdges(facts)?.shared;
  return shared === undefined || shared.accuracy === null ? centralAccuracy(facts) : shared.mean;
}

/** Of the round under way, or of the last one where none is. */
function reportsOf({ task, rounds }: Facts): { readonly reported: number; readonly selected: number; readonly eligible: number | null } {
  const last = rounds.at(-1);
  return task.phase === null && last !== undefined ? { ...last, eligible: null } : task;
}

/** What is missing to the target, in percentage points. */
function distanceToTarget(facts: Facts): string {
  const target = facts.task.targetAccuracy;
  const accuracy = accuracyOf(facts);
  const byEdges = judgedByEdges(facts);
  if (byEdges !== null) return `mean of ${formatCount(byEdges.shared.edges)} ${byEdges.shared.edges === 1 ? 'edge' : 'edges'}, on what they hold back`;
  if (target === null) return 'on held-out examples';
  if (accuracy === null) return `target ${formatPercent(target)}`;
  return accuracy >= target ? `target ${formatPercent(target)} reached` : `${(100 * (target - accuracy)).toFixed(2)} points to the target ${formatPercent(target)}`;
}

function bestRound(facts: Facts): string {
  const byEdges = judgedByEdges(facts);
  if (byEdges !== null) return `version ${formatCount(byEdges.version)}${byEdges.shared.accuracy === null ? '' : `, worst tenth ${formatPercent(byEdges.shared.worstDecile)}`}`;
  const { rounds } = facts;
  let best: LiveRound | null = null;
  for (const round of rounds) if (round.accuracy !== null && (best?.accuracy ?? -1) < round.accuracy) best = round;
  return best === null ? 'no version was evaluated yet' : `best ${formatPercent(best.accuracy)}, in round ${formatCount(best.round)}`;
}

/** Of a task without rounds to wait for. */
function stalenessNow({ task: { buffer } }: Facts): string {
  return buffer?.staleness ? `last ones ${describeStaleness(buffer.staleness)}` : '';
}

/** There is nothing that could be right or wrong. */
const judgesNothing = ({ task }: Facts): boolean => task.withoutModel === true;

const FIGURES: readonly FigureSpec<Facts>[] = [
  {
    id: 'accuracy',
    label: 'Accuracy',
    hidden: judgesNothing,
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
      const { buffer, phase } = facts.task;
      if (buffer !== undefined && phase !== null) return describeWorking(buffer);
      if (eligible === null) return `${formatCount(selected)} selected in the last round`;
      // Edges that work are not eligible for anything else: their number says something before the selection alone.
      return selected === 0 ? `${formatCount(eligible)} eligible so far` : `${formatCount(selected)} selected`;
    },
    more: (facts) => (facts.task.buffer !== undefined ? stalenessNow(facts) : reportsOf(facts).selected > facts.task.goal ? `the round closes at ${formatCount(facts.task.goal)}` : ''),
    meter: (facts) => {
      const { reported, selected } = reportsOf(facts);
      const { goal, buffer } = facts.task;
      const whole = Math.max(buffer === undefined ? selected : reported, goal, 1);
      return { share: reported / whole, mark: whole > goal ? goal / whole : null };
    },
  },
  {
    id: 'round',
    label: 'Round',
    value: ({ task }) => formatCount(task.round),
    aside: ({ task }) => describeLimit(task) ?? 'no limit',
  },
  {
    id: 'version',
    label: 'Version',
    value: ({ task }) => formatCount(task.version),
    aside: ({ task, rounds }) => {
      const aborted = rounds.filter(({ outcome }) => outcome === 'aborted').length;
      if (aborted > 0) return `${formatCount(aborted)} ${aborted === 1 ? 'round' : 'rounds'} aborted`;
      if (task.version > 0) return 'committed';
      return task.withoutModel ? 'no result yet' : 'the initial weights';
    },
    more: ({ task: { version, best = null } }) => (best === null ? '' : best === version ? 'the best so far' : `the best is ${formatCount(best)}`),
  },
  {
    id: 'loss',
    label: 'Loss',
    hidden: judgesNothing,
    value: (facts) => formatLoss(facts.task.loss ?? lastValue(facts.rounds, 'loss') ?? judgedByEdges(facts)?.shared.loss ?? null),
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

export const createFigures = (): ((facts: Facts) => void) => createFigureBoxes(byId('figures', HTMLElement), FIGURES);
