/** The time of a training step, by model and backend. */
import * as Plot from '@observablehq/plot';
import { short } from './cases.mjs';
import { INNER, sheet } from './sheet.mjs';

const MODELS = { '2nn': '2NN', cnn: 'CNN', gru: 'GRU', lstm: 'LSTM' };

export function trainPlot(figures, theme) {
  const sides = {
    'Murmuration, wasm': theme.ours, 'Murmuration, native': theme.native, 'Murmuration, cpu': theme.cpu,
    'TensorFlow.js, wasm': theme.stock, 'TensorFlow.js, cpu': theme.stockCpu, 'PyTorch': theme.pytorch,
  };
  const bars = figures.flatMap(({ case: name, metric, ours, baseline }) => {
    const [model, backend, batch] = name.split(' ');
    const group = `${MODELS[model]}, batch ${batch.slice(1)}`;
    if (metric === 'pytorch' && backend === 'wasm') return [{ group, side: 'PyTorch', ...ours }];
    if (metric !== 'time') return [];
    const own = { group, side: `Murmuration, ${backend}`, ...ours };
    // Native is beside our wasm, which has a bar of its own.
    if (backend === 'native' || baseline === null) return [own];
    return [own, { group, side: `TensorFlow.js, ${backend === 'cpu' || model === 'cnn' ? 'cpu' : 'wasm'}`, ...baseline }];
  });
  const shown = Object.entries(sides).filter(([side]) => bars.some((bar) => bar.side === side));
  const least = Math.min(...bars.map(({ median }) => median));
  const powers = [0.01, 0.1, 1, 10, 100, 1000, 10_000].filter((tick) => tick >= least / 2);
  const groups = [...new Set(bars.map(({ group }) => group))];
  const perGroup = groups.map((group) => bars.filter((bar) => bar.group === group));
  const plots = perGroup.map((own, i) => Plot.plot({
    width: INNER, marginLeft: 130, marginRight: 70, marginTop: 6, marginBottom: i === groups.length - 1 ? 36 : 4, height: 22 * own.length + (i === groups.length - 1 ? 46 : 14),
    style: { fontFamily: 'inherit', color: theme.text, background: 'transparent' },
    x: { type: 'log', domain: [least / 2, Math.max(...bars.map(({ upperQuartile }) => upperQuartile)) * 1.2], label: 'milliseconds a step (log) →', axis: i === groups.length - 1 ? 'bottom' : null, tickFormat: (value) => short(value), ticks: powers },
    y: { axis: null, domain: shown.map(([side]) => side).filter((side) => own.some((bar) => bar.side === side)) },
    marks: [
      Plot.gridX(powers, { stroke: theme.grid, strokeOpacity: 1 }),
      Plot.barX(own, { x1: least / 2, x2: 'median', y: 'side', fill: ({ side }) => sides[side], insetTop: 1.5, insetBottom: 1.5 }),
      Plot.ruleY(own, { x1: 'lowerQuartile', x2: 'upperQuartile', y: 'side', stroke: theme.text, strokeWidth: 1.5 }),
      Plot.text(own, { x: 'upperQuartile', y: 'side', text: ({ median }) => `${short(median)} ms`, textAnchor: 'start', dx: 6, fill: theme.text }),
      Plot.text([groups[i]], { frameAnchor: 'left', dx: -130, text: (group) => group, textAnchor: 'start', fontWeight: 600, fill: theme.text }),
    ],
  }));
  return sheet({
    title: 'A step of local training, by model and backend, one core each',
    subtitle: 'The same weights on the same batches, losses and weights compared. Medians; thin lines are quartiles. Shorter is faster.',
    legend: shown.map(([label, color]) => ({ label, color })),
    rows: plots.map((plot) => [plot]), theme,
  });
}
