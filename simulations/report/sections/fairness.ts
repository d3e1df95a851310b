/** How evenly a run asked its edges, by device class. */
import { formatCount, formatPercent } from '../../../shared/format.ts';
import type { RunRecord } from '../../run/read-record.ts';
import { gini, histogramByClass, lorenzCurve, participations } from '../fairness.ts';
import { figure } from '../figure.ts';
import { COLORS } from '../groups.ts';
import { element, escapeText } from '../markup.ts';
import { countAxis, percentAxis, roundAxis, type Axis } from '../plots/axis.ts';
import { band, line, stackedBars } from '../plots/marks.ts';
import { drawPlot } from '../plots/plot.ts';
import { dataTable } from '../table.ts';

export function fairnessSection(record: RunRecord): string {
  const { deviceClasses, edges } = record.run;
  if (edges.length === 0) return '';
  const counts = participations(record);
  const classes = edges.map(({ deviceClass }) => deviceClass);
  const { edges: sides, bins } = histogramByClass(counts, classes, deviceClasses.length);
  const width = sides[1] - sides[0];
  const color = (index: number): string => COLORS[index % COLORS.length];
  const tallest = Math.max(0, ...sides.slice(1).map((_, bin) => bins.reduce((sum, values) => sum + values[bin], 0)));
  const last = sides[sides.length - 1];
  const wanted = roundAxis(last, 'rounds that an edge took part in');
  // The bars of single counts stand around their number.
  const x: Axis = { ...wanted, domain: width === 1 ? [-0.5, last - 0.5] : [0, last], ticks: width === 1 ? wanted.ticks.filter((tick) => tick < last) : wanted.ticks };
  const places = width === 1 ? sides.map((side) => side - 0.5) : sides;
  const curve = lorenzCurve(counts);
  const share = percentAxis([0, 1], 'share of reports');
  const even = [{ x: 0, y: 0 }, { x: 1, y: 1 }];
  return [
    figure({
      title: 'How often edges took part', note: 'Edges by the number of rounds in which their report counted.',
      legend: deviceClasses.map((label, i) => ({ label, color: color(i), shape: 'block' as const })),
      draw: (size) => drawPlot(size, 'How often edges took part', x, countAxis(tallest, 'edges'), [stackedBars(places, bins.map((values, i) => ({ color: color(i), values })), 1)]),
    }),
    figure({
      title: `Even shares: Gini ${gini(counts).toFixed(3)}`, note: 'Lorenz curve: what share of all reports the least active edges gave. The straight line is perfect evenness.',
      legend: [{ label: 'this run', color: 'c1' }, { label: 'all alike', color: 'quiet', shape: 'dashed' }],
      draw: (size) => drawPlot(size, 'Lorenz curve', { ...percentAxis([0, 1], 'share of edges, least active first') }, share, [band(curve, even, 'c1'), line(even, 'quiet', 'dashed'), line(curve, 'c1')]),
    }),
    classTable(record, counts),
  ].join('');
}

function classTable({ run }: RunRecord, counts: readonly number[]): string {
  const all = counts.reduce((a, b) => a + b, 0);
  const rows = run.deviceClasses.map((name, index) => {
    const own = counts.filter((_, edge) => run.edges[edge].deviceClass === index);
    const reports = own.reduce((a, b) => a + b, 0);
    return [
      escapeText(name), formatCount(own.length), formatPercent(own.length / run.edges.length, 1), formatPercent(all === 0 ? 0 : reports / all, 1),
      own.length === 0 ? '–' : (reports / own.length).toFixed(1), formatCount(own.filter((count) => count === 0).length),
    ];
  });
  return element('div', { class: 'card' }, element('h3', {}, 'By device class'), '<p>What each class is of the fleet, and of the reports that counted.</p>', dataTable(['class', 'edges', 'of the fleet', 'of the reports', 'rounds each', 'edges with none'], rows));
}
