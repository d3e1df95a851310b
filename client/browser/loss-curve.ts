/** The training loss of each report from this tab, by round. */
import uPlot from 'uplot';
import { formatLoss } from '../../shared/format.ts';

const HEIGHT = 180;

export interface LossCurve {
  update(points: readonly { readonly round: number; readonly loss: number }[]): void;
}

export function createLossCurve(plot: HTMLElement): LossCurve {
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let data: uPlot.AlignedData = [[], []];
  let chart: uPlot | null = null;

  function draw(): void {
    chart?.destroy();
    const axis: uPlot.Axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${colour('--font')}` };
    chart = new uPlot(
      {
        width: Math.max(200, plot.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) },
          y: { range: (_, __, max) => [0, Number.isFinite(max) ? Math.max(1.1 * max, 1e-3) : 1] },
        },
        axes: [
          { ...axis, grid: { show: false }, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], space: 44 },
          { ...axis, size: 52, values: (_, splits) => splits.map((value) => `${Number(value.toFixed(3))}`) },
        ],
        series: [{}, { stroke: colour('--curve-3'), width: 2, points: { show: true, size: 6, fill: colour('--curve-3') } }],
      },
      data,
      plot,
    );
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (chart !== null) draw();
  });
  new ResizeObserver(() => {
    if (chart !== null && plot.clientWidth > 0) chart.setSize({ width: plot.clientWidth, height: HEIGHT });
  }).observe(plot);

  let shown: readonly unknown[] | null = null;
  return {
    update(points) {
      if (chart === null) draw();
      if (points === shown) return;
      shown = points;
      data = [points.map(({ round }) => round), points.map(({ loss }) => loss)];
      chart?.setData(data);
      const last = points.at(-1);
      plot.setAttribute('aria-label', last === undefined ? 'Training loss: no report yet' : `Training loss up to round ${last.round}: ${formatLoss(last.loss)}`);
    },
  };
}
