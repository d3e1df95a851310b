/** What idle edges cost a coordinator, and how fast they come in, against their number. */
import * as Plot from '@observablehq/plot';
import { countOf, short, shortCount } from './cases.mjs';
import { INNER, sheet } from './sheet.mjs';

export function connectPlot(figures, theme) {
  const pointsOf = (metric, scale) => figures.filter((figure) => figure.metric === metric).flatMap(({ case: name, ours, baseline }) =>
    [['ours', ours], ['raw', baseline]].filter(([, spread]) => spread !== null).map(([side, { median, lowerQuartile, upperQuartile }]) => ({ edges: countOf(name), side, value: median * scale, low: lowerQuartile * scale, high: upperQuartile * scale })));
  const draw = (points, label) => {
    const counts = [...new Set(points.map(({ edges }) => edges))].sort((a, b) => a - b);
    const color = ({ side }) => theme[side];
    const isHighest = ({ edges, value }) => points.every((other) => other.edges !== edges || other.value <= value);
    return Plot.plot({
      width: (INNER - 12) / 2, height: 280, marginLeft: 44, marginBottom: 40, style: { fontFamily: 'inherit', color: theme.text, background: 'transparent' },
      x: { label: 'connected edges →', domain: [0, Math.max(...counts)], ticks: counts, tickFormat: shortCount, inset: 8 },
      y: { label, grid: true, zero: true, nice: true, insetTop: 16, insetBottom: 16 },
      marks: [
        Plot.ruleY([0], { stroke: theme.muted }),
        Plot.line(points, { x: 'edges', y: 'value', z: 'side', stroke: color, strokeWidth: 2, sort: 'edges' }),
        Plot.ruleX(points, { x: 'edges', y1: 'low', y2: 'high', stroke: color, strokeWidth: 1.5 }),
        Plot.dot(points, { x: 'edges', y: 'value', fill: color, r: 3.5 }),
        // The higher one's above, the lower one's below: close ones do not lie upon each other.
        ...[[isHighest, -11], [(point) => !isHighest(point), 13]].map(([chosen, dy]) => Plot.text(points.filter(chosen), { x: 'edges', y: 'value', text: ({ value }) => short(value), dy, fill: color })),
      ],
    });
  };
  return sheet({
    title: 'Idle edges on one coordinator',
    subtitle: 'Enrolled, signed in, checked in and told to come back later; edges in other processes, on loopback. Medians.',
    legend: [{ label: 'Murmuration', color: theme.ours }, { label: 'as many bare socket.io connections', color: theme.raw }],
    rows: [[draw(pointsOf('memory-per-edge', 1), '↑ memory of the coordinator, KB an edge'), draw(pointsOf('time', 1e-3), '↑ seconds until all are in')]], theme,
  });
}
