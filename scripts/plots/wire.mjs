/** What one report costs, part by part. */
import * as Plot from '@observablehq/plot';
import { short } from './cases.mjs';
import { INNER, sheet } from './sheet.mjs';

const PARTS = { encode: 'ours', chunk: 'stock', decode: 'cpu', check: 'native', merge: 'pytorch' };
const LABELS = { encode: 'encode', chunk: 'chunk: cut and put together', decode: 'decode', check: 'check and copy', merge: 'merge' };

export function wirePlot(figures, theme) {
  const names = [...new Set(figures.map((figure) => figure.case))];
  const bars = figures.filter(({ metric }) => metric in PARTS).map(({ case: name, metric, ours }) => ({ name, metric, value: ours.median }));
  const totals = figures.filter(({ metric }) => metric === 'time').map(({ case: name, ours }) => ({ name, value: ours.median }));
  const plots = names.map((name) => {
    const [own, total] = [bars.filter((bar) => bar.name === name), totals.filter((bar) => bar.name === name)];
    return Plot.plot({
      width: INNER, height: 76, marginLeft: 90, marginRight: 60, marginTop: 4, marginBottom: 30, style: { fontFamily: 'inherit', color: theme.text, background: 'transparent' },
      x: { label: 'ms', labelAnchor: 'right', grid: true },
      y: { axis: null },
      marks: [
        Plot.barX(own, Plot.stackX({ order: Object.keys(PARTS), x: 'value', y: 'name', fill: ({ metric }) => theme[PARTS[metric]], z: 'metric' })),
        Plot.text(total, { x: own.reduce((sum, { value }) => sum + value, 0), y: 'name', text: ({ value }) => `${short(value)} ms`, textAnchor: 'start', dx: 6, fill: theme.text }),
        Plot.text([name], { frameAnchor: 'left', dx: -90, text: (text) => text, textAnchor: 'start', fontWeight: 600, fill: theme.text }),
      ],
    });
  });
  return sheet({
    title: 'One report between an edge’s numbers and the coordinator’s sum',
    subtitle: 'Each part is what edge and gateway run, without a socket between them. Medians.',
    legend: Object.entries(PARTS).map(([part, color]) => ({ label: LABELS[part], color: theme[color] })),
    rows: plots.map((plot) => [plot]), theme,
  });
}
