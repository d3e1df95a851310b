/** What went over the network. */
import type { RunRecord } from '../../run/read-record.ts';
import type { RoundLine } from '../../run/record.ts';
import type { Point } from '../../run/summary.ts';
import { figure, type LegendEntry } from '../figure.ts';
import type { Group } from '../groups.ts';
import { bytesAxis, roundAxis, type Axis } from '../plots/axis.ts';
import { lines } from '../plots/marks.ts';
import { drawPlot, type Mark } from '../plots/plot.ts';
import { accuracyAxis, groupCurves, groupLegend } from './learning.ts';

type Amount = (line: RoundLine) => number;

const up: Amount = (line) => line.bytesUp;
const down: Amount = (line) => line.bytesDown;

/** Sums up to each round. */
export function cumulated(rounds: readonly RoundLine[], value: Amount): readonly Point[] {
  let sum = 0;
  return rounds.map((round) => ({ x: round.round, y: (sum += value(round)) }));
}

/** Accuracy over what had been sent, both ways, until then. */
export function accuracyByBytes(rounds: readonly RoundLine[]): readonly Point[] {
  const sent = cumulated(rounds, (round) => round.bytesUp + round.bytesDown);
  return rounds.flatMap(({ accuracy }, i) => (accuracy === null ? [] : [{ x: sent[i].y, y: accuracy }]));
}

const lastRound = (runs: readonly RunRecord[]): Axis => roundAxis(Math.max(0, ...runs.map(({ rounds }) => rounds.at(-1)?.round ?? 0)));
const highest = (curves: readonly (readonly Point[])[]): number => curves.reduce((most, curve) => curve.reduce((higher, { y }) => Math.max(higher, y), most), 0);

const BOTH: readonly LegendEntry[] = [{ label: 'up: reports', color: 'c1' }, { label: 'down: checkpoints and plans', color: 'c2' }];

/** One run: both ways, in all and round by round. */
export function trafficOfOne(record: RunRecord): string {
  const x = lastRound([record]);
  const plot = (title: string, curves: readonly (readonly Point[])[]): string =>
    figure({ title, legend: BOTH, draw: (size) => drawPlot(size, title, x, bytesAxis(highest(curves), 'bytes'), [lines([{ points: curves[1], color: 'c2' }, { points: curves[0], color: 'c1' }])]) });
  const each = (value: Amount): readonly Point[] => record.rounds.map((round) => ({ x: round.round, y: value(round) }));
  return plot('Bytes of each round', [each(up), each(down)]) + plot('Bytes in all', [cumulated(record.rounds, up), cumulated(record.rounds, down)]);
}

/** Several runs over each other. */
export function trafficOfSeveral(groups: readonly Group[]): string {
  const legend = groupLegend(groups);
  const runs = groups.flatMap((group) => group.runs);
  const marks = (curve: (rounds: readonly RoundLine[]) => readonly Point[]): readonly Mark[] => groupCurves(groups, curve, false);
  const inAll = ([title, value]: readonly [string, Amount]): string => {
    const y = bytesAxis(highest(runs.map(({ rounds }) => cumulated(rounds, value))), 'bytes');
    return figure({ title, legend, draw: (size) => drawPlot(size, title, lastRound(runs), y, marks((rounds) => cumulated(rounds, value))) });
  };
  const sent = bytesAxis(highest(runs.map(({ rounds }) => cumulated(rounds, (round) => up(round) + down(round)))), 'bytes, up and down');
  return [
    figure({ title: 'Accuracy by bytes sent', legend, draw: (size) => drawPlot(size, 'Accuracy by bytes sent', sent, accuracyAxis(groups), marks(accuracyByBytes)) }),
    ...([['Bytes up, in all', up], ['Bytes down, in all', down]] as const).map(inAll),
  ].join('');
}
