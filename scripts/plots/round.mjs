/** The time of a whole round against the number of edges. */
import * as Plot from '@observablehq/plot';
import { shapeOf, short, shortCount } from './cases.mjs';
import { INNER, sheet } from './sheet.mjs';

export function roundPlot(figures, theme) {
  const points = figures.filter(({ metric }) => metric === 'time').flatMap(({ case: name, ours, baseline }) => [
    { ...shapeOf(name), side: 'ours', ...ours },
    ...(baseline === null ? [] : [{ ...shapeOf(name), side: 'raw', ...baseline }]),
  ]);
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const counts = [...new Set(points.map(({ count }) => count))].sort((a, b) => a - b);
  const color = ({ side }) => theme[side];
  const plot = Plot.plot({
    width: INNER, height: 340, marginTop: 48, marginLeft: 56, marginBottom: 40, style: { fontFamily: 'inherit', color: theme.text, background: 'transparent' },
    x: { type: 'log', base: 2, label: 'edges in the round →', ticks: counts, tickFormat: (count) => String(count), inset: 16 },
    y: { type: 'log', label: '↑ milliseconds a round (log)', grid: true, insetTop: 16, insetBottom: 6, tickFormat: (value) => short(value) },
    fx: { label: null, domain: sizes, tickFormat: (size) => `${shortCount(size)} parameters (${short((4 * size) / 1e6)} MB a report)` },
    marks: [
      Plot.frame({ stroke: theme.grid }),
      Plot.line(points, { x: 'count', y: 'median', fx: 'size', z: 'side', stroke: color, strokeWidth: 2, sort: 'count' }),
      Plot.ruleX(points, { x: 'count', y1: 'lowerQuartile', y2: 'upperQuartile', fx: 'size', stroke: color, strokeWidth: 1.5 }),
      Plot.dot(points, { x: 'count', y: 'median', fx: 'size', fill: color, r: 3.5 }),
      Plot.text(points.filter(({ side }) => side === 'ours'), { x: 'count', y: 'median', fx: 'size', text: ({ median }) => short(median), dy: -10, fill: theme.text }),
    ],
  });
  return sheet({
    title: 'A whole round without training, over real sockets',
    subtitle: 'Selection, download, reports in chunks, encrypted journal with its syncs, merge, checkpoint, commit. Medians; thin lines are quartiles.',
    legend: [{ label: 'Murmuration', color: theme.ours }, { label: 'the same bytes over plain socket.io, summed: no journal, no check, no disk', color: theme.raw }],
    rows: [[plot]], theme,
  });
}
