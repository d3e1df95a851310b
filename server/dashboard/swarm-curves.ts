/** The two charts of a swarm: accuracy, mean and worst, and how far the peers are from each other. */
import { formatDistance } from '../../shared/format.ts';
import { ACCURACY_AXIS, createCurve } from './curve.ts';
import { byId } from './dom.ts';
import type { SwarmPoint } from '../../shared/protocol/swarm-history.ts';

export function createSwarmCurves(): (history: readonly SwarmPoint[], target: number | null) => void {
  const element = (id: string): HTMLElement => byId(id, HTMLElement);
  const accuracy = createCurve({
    plot: element('curve-swarm-accuracy'),
    legend: element('legend-swarm-accuracy'),
    title: 'Accuracy of the peers',
    series: [
      { label: 'mean', colour: '--curve-1' },
      { label: 'worst', colour: '--curve-2' },
      { label: 'target', colour: '--muted', dashed: true },
    ],
    ...ACCURACY_AXIS,
    byTime: true,
  });
  const distance = createCurve({
    plot: element('curve-swarm-distance'),
    legend: element('legend-swarm-distance'),
    title: 'Consensus distance',
    series: [{ label: 'to the mean', colour: '--curve-4' }],
    format: formatDistance,
    mark: formatDistance,
    byTime: true,
    logarithmic: true,
  });
  let drawn: { readonly history: readonly SwarmPoint[]; readonly target: number | null } | null = null;
  return (history, target) => {
    if (drawn?.history === history && drawn.target === target) return;
    drawn = { history, target };
    const x = history.map(({ at }) => at);
    accuracy.update(x, [history.map((point) => point.accuracy), history.map(({ worst }) => worst), history.map(() => target)]);
    // Nothing lies at zero on a logarithmic axis.
    distance.update(x, [history.map((point) => (point.distance !== null && point.distance > 0 ? point.distance : null))]);
  };
}
