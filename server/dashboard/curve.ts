/** One chart by round, or by time: uPlot in the page's colours, following theme and width. */
import uPlot from 'uplot';
import { formatDuration, formatPercent } from '../../shared/format.ts';
import { create, setAttribute, setText } from './dom.ts';

export interface CurveSeries {
  readonly label: string;
  /** A custom property of the theme, as `--accent`. */
  readonly colour: string;
  readonly dashed?: boolean;
  /** In pixels; a dashed line is thin unless said otherwise. */
  readonly width?: number;
}

export interface CurveOptions {
  readonly plot: HTMLElement;
  readonly legend: HTMLElement;
  readonly title: string;
  readonly series: readonly CurveSeries[];
  /** The room between two series, by their places, is filled in the colour of the first. */
  readonly bands?: readonly (readonly [upper: number, lower: number])[];
  readonly format: (value: number | null) => string;
  /** Shorter, for the marks of the y axis. */
  readonly mark: (value: number) => string;
  /** Smallest range of the y axis; the data may widen it. */
  readonly softRange?: (min: number, max: number) => [number, number];
  /** The y axis goes by powers of ten; values that are not positive are not drawn. */
  readonly logarithmic?: boolean;
  /** x is no round but seconds. */
  readonly byTime?: boolean;
}

/** Of fractions that are rightly classified: a range no wider than they are, and never beyond what can be. */
export const ACCURACY_AXIS: Pick<CurveOptions, 'format' | 'mark' | 'softRange'> = {
  format: (value) => formatPercent(value, 1),
  mark: (value) => `${Number((100 * value).toFixed(1))} %`,
  softRange(min, max) {
    const from = Number.isFinite(min) ? min : 0;
    const to = Number.isFinite(max) ? max : 1;
    const room = Math.max(0.01, (to - from) * 0.08);
    return [Math.max(0, from - room), Math.min(1.005, to + room)];
  },
};

export interface Curve {
  /** One x for each round (or time, growing); one array of equal length for each series, null where there is no value. */
  update(rounds: readonly number[], values: readonly (readonly (number | null)[])[]): void;
}

const HEIGHT = 210;
const ROUND_AXIS = { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], space: 44 };
/** Whole seconds, minutes and hours. */
const TIME_AXIS: uPlot.Axis = {
  incrs: [1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 86_400], space: 64,
  values: (_, splits) => splits.map((seconds) => (seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Number((seconds / 60).toFixed(1))} min` : `${Number((seconds / 3600).toFixed(1))} h`)),
};

const isPower = (value: number): boolean => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6;

const powersAlone = (_: uPlot, splits: number[]): (number | null)[] => splits.map((value) => (isPower(value) ? value : null));

/** From a power of ten to a power of ten. */
function decades(min: number, max: number): [number, number] {
  if (!(min > 0) || !Number.isFinite(max)) return [0.1, 10];
  const from = Math.floor(Math.log10(min) + 1e-9);
  return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(max) - 1e-9))];
}

function styleOf(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

export function createCurve(options: CurveOptions): Curve {
  const { plot, series, format, logarithmic = false, byTime = false } = options;
  const nameOfX = (x: number): string => (byTime ? formatDuration(1000 * x) : `round ${x}`);
  let data: uPlot.AlignedData = [[], ...series.map(() => [])];
  let chart: uPlot | null = null;
  const values = series.map(({ label, colour, dashed }) => {
    const item = create('span', 'legend-item');
    const line = create('span', dashed === true ? 'legend-line legend-dashed' : 'legend-line');
    line.style.color = `var(${colour})`;
    const value = create('span', 'legend-value');
    item.append(line, create('span', '', label), value);
    options.legend.append(item);
    return value;
  });

  /** Under the pointer its round; else the last value of each series. */
  function showLegend(index: number | null): void {
    for (const [i, node] of values.entries()) {
      const column = data[i + 1] as (number | null)[];
      const value = index === null ? (column.findLast((entry) => entry !== null) ?? null) : (column[index] ?? null);
      setText(node, format(value));
    }
  }

  function draw(): void {
    chart?.destroy();
    const axis: uPlot.Axis = {
      stroke: styleOf('--muted'),
      grid: { stroke: styleOf('--line'), width: 1 },
      ticks: { show: false },
      font: `12px ${styleOf('--font')}`,
    };
    chart = new uPlot(
      {
        width: Math.max(200, plot.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, points: { size: 7 } },
        scales: {
          x: { time: false, range: (_, min, max) => (min === max ? [min - 1, max + 1] : [min, max]) },
          y: logarithmic ? { distr: 3, range: (_, min, max) => decades(min, max) } : { range: (_, min, max) => options.softRange?.(min, max) ?? uPlot.rangeNum(min, max, 0.1, true) },
        },
        axes: [
          { ...axis, grid: { show: false }, size: 30, gap: 6, ...(byTime ? TIME_AXIS : ROUND_AXIS) },
          {
            ...axis, size: 62, values: (_, splits) => splits.map((value) => (value === null ? '' : options.mark(value))),
            ...(logarithmic ? { filter: powersAlone, grid: { ...axis.grid, filter: powersAlone } } : {}),
          },
        ],
        series: [
          {},
          ...series.map(({ label, colour, dashed, width }) => ({
            label,
            stroke: styleOf(colour),
            width: width ?? (dashed === true ? 1.25 : 2),
            ...(dashed === true ? { dash: [5, 5] } : {}),
            spanGaps: true,
            // A single round draws no line: it shows as a dot.
            points: { show: (chart: uPlot) => chart.data[0].length === 1, size: 7 },
          })),
        ],
        bands: (options.bands ?? []).map(([upper, lower]) => ({ series: [upper + 1, lower + 1], fill: `color-mix(in srgb, ${styleOf(series[upper].colour)} 14%, transparent)` })),
        hooks: { setCursor: [(self) => showLegend(self.cursor.idx ?? null)] },
      },
      data,
      plot,
    );
  }

  draw();
  // Colours are read once by the canvas: a change of theme draws anew.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  new ResizeObserver(() => {
    const width = plot.clientWidth;
    if (chart !== null && width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT });
  }).observe(plot);

  return {
    update(rounds, columns) {
      data = [[...rounds], ...columns.map((column) => [...column])];
      chart?.setData(data);
      showLegend(chart?.cursor.idx ?? null);
      const last = rounds.at(-1);
      const said = series.map(({ label }, i) => `${label} ${values[i].textContent}`).join(', ');
      setAttribute(plot, 'aria-label', last === undefined ? `${options.title}: ${byTime ? 'nothing' : 'no round'} yet` : `${options.title} up to ${nameOfX(last)}: ${said}`);
    },
  };
}
