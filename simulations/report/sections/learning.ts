/** Accuracy and loss, by round and by virtual time: all runs over each other. */
import { formatDuration } from '../../../shared/format.ts';
import { accuracyCurve, crossing, roundOf, virtualSecondsOf, type Point } from '../../run/summary.ts';
import type { RoundLine } from '../../run/record.ts';
import { figure, type LegendEntry } from '../figure.ts';
import { meanCurve, type Group } from '../groups.ts';
import { amountAxis, percentAxis, roundAxis, timeAxis, type Axis } from '../plots/axis.ts';
import { band, drop, flags, level, line, lines, type Curve } from '../plots/marks.ts';
import { drawPlot, type Mark } from '../plots/plot.ts';
import { extentOf, niceDomain } from '../plots/scale.ts';
import { shortPercent } from '../short-percent.ts';

type Along = (line: RoundLine) => number;

/** How much of the way below the target is shown: the first rounds would flatten all that follows. */
const BELOW = 10;

/** One colour a scenario; a single run needs no name. `whole`: say what the line and the band are, too. */
export function groupLegend(groups: readonly Group[], whole = false): readonly LegendEntry[] {
  if (groups.length === 1 && groups[0].runs.length === 1) return [];
  return groups.map(({ name, color, runs }) => ({ label: whole && runs.length > 1 ? `${name}: mean of ${runs.length} seeds, ± standard deviation` : name, color }));
}

/**
 * Each group's mean with its band, or its only run; the lines of all lie above every band.
 * @param each draw the runs beneath their mean, too
 * @param beneath a line below them all
 */
export function groupCurves(groups: readonly Group[], curve: (rounds: readonly RoundLine[]) => readonly Point[], each = true, beneath: readonly Curve[] = []): readonly Mark[] {
  const below: Mark[] = [];
  const above: Curve[] = [...beneath];
  for (const { color, runs } of groups) {
    const curves = runs.map(({ rounds }) => curve(rounds)).filter(({ length }) => length > 0);
    const mean = meanCurve(curves);
    if (mean !== null) below.push(band(mean.lower, mean.upper, color), ...(each ? curves.map((points) => line(points, color, 'faint')) : []));
    above.push(...(mean === null ? curves : [mean.mean]).map((points) => ({ points, color })));
  }
  return [...below, lines(above)];
}

function accuracyMarks(groups: readonly Group[], along: Along, target: number | null, name: (x: number) => string): readonly Mark[] {
  const single = groups.length === 1 && groups[0].runs.length === 1;
  const crossed = target === null ? [] : groups.flatMap(({ color, runs }) => runs.flatMap(({ rounds }) => {
    const x = crossing(accuracyCurve(rounds, along), target);
    return x === null ? [] : [drop({ x, y: target }, single ? name(x) : '', color)];
  }));
  const aborted = single ? [flags(groups[0].runs[0].rounds.filter(({ outcome }) => outcome === 'aborted').map((line) => ({ x: along(line), title: `Round ${line.round} was aborted: ${line.reason ?? 'no reason given'}` })))] : [];
  return [
    ...(target === null ? [] : [level(target, `target ${shortPercent(target)}`)]),
    ...groupCurves(groups, (rounds) => accuracyCurve(rounds, along)), ...crossed, ...aborted,
  ];
}

/** From where the curves are of interest up to a little above the best. */
export function accuracyAxis(groups: readonly Group[]): Axis {
  const target = sharedTarget(groups);
  const values = groups.flatMap(({ runs }) => runs.flatMap(({ rounds }) => rounds.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy]))));
  const best = extentOf(values)[1];
  const [least, most] = extentOf(target === null ? values : [...values, target]);
  const from = Math.max(least, 1 - BELOW * (1 - Math.min(target ?? 1, best)));
  const [bottom, top] = niceDomain([Math.min(from, most - 0.02), Math.min(1, most + 0.004)], 5);
  return percentAxis([Math.max(0, bottom), Math.min(1, top)], 'accuracy');
}

const last = (groups: readonly Group[], along: Along): number => Math.max(0, ...groups.flatMap(({ runs }) => runs.map(({ rounds }) => (rounds.length === 0 ? 0 : along(rounds[rounds.length - 1])))));

/** The target that all runs share; null where there is none or they differ. */
function sharedTarget(groups: readonly Group[]): number | null {
  const targets = new Set(groups.flatMap(({ runs }) => runs.map(({ run }) => run.target)));
  return targets.size === 1 ? [...targets][0] : null;
}

export function learningSection(groups: readonly Group[]): string {
  const target = sharedTarget(groups);
  const legend = groupLegend(groups);
  const byRound = roundAxis(last(groups, roundOf));
  const byTime = timeAxis(last(groups, virtualSecondsOf));
  const accuracy = accuracyAxis(groups);
  const anyAborted = legend.length === 0 && groups[0].runs[0].rounds.some(({ outcome }) => outcome === 'aborted');
  const lossOf = (value: (line: RoundLine) => number | null, along: Along) => (rounds: readonly RoundLine[]): readonly Point[] => rounds.flatMap((round) => (value(round) === null ? [] : [{ x: along(round), y: value(round) as number }]));
  const losses = (along: Along, x: Axis): string => {
    const all = groups.flatMap(({ runs }) => runs.flatMap(({ rounds }) => rounds.flatMap(({ loss, trainLoss }) => [loss, ...(legend.length === 0 ? [trainLoss] : [])])));
    const y = amountAxis(extentOf(all.filter((value) => value !== null))[1], 'loss');
    const training: readonly Curve[] = legend.length === 0 ? [{ points: lossOf((round) => round.trainLoss, along)(groups[0].runs[0].rounds), color: 'c2', style: 'thin' }] : [];
    return figure({
      title: `Loss by ${x === byRound ? 'round' : 'virtual time'}`,
      legend: legend.length > 0 ? legend : [{ label: 'held-out examples', color: 'c1' }, { label: 'training, mean of the edges', color: 'c2' }],
      draw: (size) => drawPlot(size, 'Loss', x, y, groupCurves(groups, lossOf((round) => round.loss, along), true, training)),
    });
  };
  return [
    figure({
      title: 'Accuracy by round', across: true, legend: groupLegend(groups, true),
      note: `On held-out examples, after each round${target === null ? '' : '; the target counts as crossed where the best value so far crosses it'}.${anyAborted ? ' Triangles: aborted rounds.' : ''}`,
      draw: (size) => drawPlot(size, 'Accuracy by round', byRound, accuracy, accuracyMarks(groups, roundOf, target, (x) => `round ${x.toFixed(1)}`)),
    }),
    figure({ title: 'Accuracy by virtual time', legend, draw: (size) => drawPlot(size, 'Accuracy by virtual time', byTime, accuracy, accuracyMarks(groups, virtualSecondsOf, target, (x) => formatDuration(1000 * x))) }),
    losses(roundOf, byRound),
    losses(virtualSecondsOf, byTime),
  ].join('');
}
