/** What runs in the browser: every plot, from the figures of the stored runs. A new plot is one file and one line here. */
import { aggregatePlot } from './aggregate.mjs';
import { connectPlot } from './connect.mjs';
import { roundPlot } from './round.mjs';
import { THEMES } from './theme.mjs';
import { trainPlot } from './train.mjs';
import { wirePlot } from './wire.mjs';

/** Name of the file → the benchmark that it shows, and how. */
const PLOTS = {
  aggregate: { bench: 'aggregate', draw: aggregatePlot },
  train: { bench: 'train', draw: trainPlot },
  round: { bench: 'round', draw: roundPlot },
  connect: { bench: 'connect', draw: connectPlot },
  wire: { bench: 'wire', draw: wirePlot },
};

globalThis.drawPlots = (figures, theme) =>
  Object.entries(PLOTS).map(([name, { bench, draw }]) => {
    const own = figures.filter((figure) => figure.bench === bench);
    if (own.length === 0) return { name, svg: null, reason: `no stored run of ${bench}` };
    return { name, svg: draw(own, THEMES[theme]), reason: null };
  });
