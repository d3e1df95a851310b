/** Aggregation against size and number of the reports: values added in a second. */
import * as Plot from '@observablehq/plot';
import { shapeOf, short, shortCount } from './cases.mjs';
import { INNER, sheet } from './sheet.mjs';

export function aggregatePlot(figures, theme) {
  const of = (metric) => figures.filter((figure) => figure.metric === metric);
  const rate = (name, ms) => {
    const { count, size } = shapeOf(name);
    return (count * size) / ms / 1e6;
  };
  const points = [
    ...of('time').flatMap(({ case: name, ours, baseline }) => [{ name, side: 'ours', spread: ours }, { name, side: 'loops', spread: baseline }]),
    ...of('against-copy').map(({ case: name, baseline }) => ({ name, side: 'copy', spread: baseline })),
  ].map(({ name, side, spread }) => ({ ...shapeOf(name), side, value: rate(name, spread.median), low: rate(name, spread.upperQuartile), high: rate(name, spread.lowerQuartile) }));
  const colors = { ours: theme.ours, loops: theme.loops, copy: theme.copy };
  const color = ({ side }) => colors[side];
  const common = { style: { fontFamily: 'inherit', color: theme.text, background: 'transparent' }, height: 300, marginTop: 48, marginBottom: 40 };

  const floats = points.filter(({ kind }) => kind === 'float32');
  const sizes = [...new Set(floats.map(({ size }) => size))].sort((a, b) => a - b);
  const byNumber = Plot.plot({
    ...common, width: Math.round(INNER * 0.62), marginLeft: 48,
    x: { type: 'log', label: 'reports →', ticks: [1, 10, 100, 1000], tickFormat: (count) => String(count), inset: 12 },
    y: { label: '↑ values added, billions a second (log)', type: 'log', grid: true, insetTop: 6, insetBottom: 6, tickFormat: (value) => short(value) },
    fx: { label: null, domain: sizes, tickFormat: (size) => `${shortCount(size)} float32 each` },
    marks: [
      Plot.frame({ stroke: theme.grid }),
      Plot.line(floats, { x: 'count', y: 'value', fx: 'size', z: 'side', stroke: color, strokeWidth: 2, sort: 'count' }),
      Plot.ruleX(floats, { x: 'count', y1: 'low', y2: 'high', fx: 'size', stroke: color, strokeWidth: 1.5 }),
      Plot.dot(floats, { x: 'count', y: 'value', fx: 'size', fill: color, r: 3.5 }),
    ],
  });
  const names = ['float32', 'int8', 'int4'];
  // Rules take hundreds of times as long: their figures are in the table.
  const kinds = points.filter(({ count, size, side, kind }) => count === 100 && size === 1e6 && side !== 'copy' && names.includes(kind));
  const byKind = Plot.plot({
    ...common, width: INNER - Math.round(INNER * 0.62) - 12, marginLeft: 40,
    fx: { label: null, domain: names.filter((kind) => kinds.some((point) => point.kind === kind)) },
    x: { axis: null, domain: ['ours', 'loops'] },
    y: { label: '↑ 100 reports of 1M, billions a second', grid: true, insetTop: 16 },
    marks: [
      Plot.barY(kinds, { x: 'side', y: 'value', fx: 'kind', fill: color }),
      Plot.text(kinds, { x: 'side', y: 'value', fx: 'kind', text: ({ value }) => short(value), dy: -7, fill: theme.text }),
      Plot.ruleY([0], { stroke: theme.muted }),
    ],
  });
  return sheet({
    title: 'Aggregation: from received frames to one sum, one core',
    subtitle: 'Decoding, whole check, copy and addition of distinct reports. Medians; thin lines are quartiles. Higher is faster.',
    legend: [{ label: 'Murmuration', color: theme.ours }, { label: 'the same in plain JavaScript loops', color: theme.loops }, { label: 'copying the bytes, nothing else', color: theme.copy }],
    rows: [[byNumber, byKind]], theme,
  });
}
