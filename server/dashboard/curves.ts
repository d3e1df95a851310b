/** The three charts of a task: accuracy with its target, loss, and bytes. */
import { formatBytes, formatLoss } from '../../shared/format.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import { ACCURACY_AXIS, createCurve } from './curve.ts';
import { byId, setHidden } from './dom.ts';

/** At most this many points are drawn: a screen has no more columns. */
const POINTS = 1_000;

function thin(rounds: readonly LiveRound[]): readonly LiveRound[] {
  if (rounds.length <= POINTS) return rounds;
  const step = Math.ceil(rounds.length / POINTS);
  return rounds.filter((_, i) => i % step === 0 || i === rounds.length - 1);
}

export function createCurves(): (task: LiveTask, rounds: readonly LiveRound[]) => void {
  const element = (id: string): HTMLElement => byId(id, HTMLElement);
  const accuracy = createCurve({
    plot: element('curve-accuracy'),
    legend: element('legend-accuracy'),
    title: 'Accuracy',
    series: [
      { label: 'central', colour: '--curve-1' },
      { label: 'target', colour: '--muted', dashed: true },
    ],
    ...ACCURACY_AXIS,
  });
  const loss = createCurve({
    plot: element('curve-loss'),
    legend: element('legend-loss'),
    title: 'Loss',
    series: [
      { label: 'central', colour: '--curve-2' },
      { label: 'training', colour: '--curve-3' },
    ],
    format: formatLoss,
    mark: (value) => `${Number(value.toFixed(3))}`,
    softRange: (_, max) => [0, Number.isFinite(max) ? Math.max(max * 1.08, 1e-3) : 1],
  });
  const bytes = createCurve({
    plot: element('curve-bytes'),
    legend: element('legend-bytes'),
    title: 'Bytes a round',
    series: [
      { label: 'up', colour: '--curve-1' },
      // Both are the same number as a rule: the one beneath shows between the dashes.
      { label: 'down', colour: '--curve-2', dashed: true, width: 2 },
    ],
    format: formatBytes,
    mark: (value) => formatBytes(value).replace('.0 ', ' '),
    softRange: (_, max) => [0, Number.isFinite(max) ? Math.max(max * 1.15, 1000) : 1000],
  });

  let drawn: { task: string; target: number | null; rounds: readonly LiveRound[] } | null = null;
  return (task, all) => {
    // The live state comes several times a second, a round every few: charts follow the latter.
    if (drawn?.task === task.task && drawn.rounds === all && drawn.target === task.targetAccuracy) return;
    drawn = { task: task.task, target: task.targetAccuracy, rounds: all };
    const rounds = thin(all);
    // Where the edges alone judge, their own chart shows it, and this one would stay empty.
    const edgesAlone = task.targetAccuracy === null && all.some(({ evaluation }) => evaluation !== undefined) && all.every(({ accuracy: central, loss: ofIt }) => central === null && ofIt === null);
    setHidden(element('figure-curve-accuracy'), edgesAlone);
    element('curves').classList.toggle('curves-two', edgesAlone);
    const x = rounds.map(({ round }) => round);
    accuracy.update(x, [rounds.map((round) => round.accuracy), rounds.map(() => task.targetAccuracy)]);
    loss.update(x, [rounds.map((round) => round.loss), rounds.map((round) => round.trainLoss)]);
    bytes.update(x, [rounds.map((round) => round.bytesUp), rounds.map((round) => round.bytesDown)]);
  };
}
