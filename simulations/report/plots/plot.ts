/** One plot as an SVG: axes, a grid, and marks that are clipped to it. Colours come from the page's style. */
import { coordinate, element, escapeText } from '../markup.ts';
import type { Axis } from './axis.ts';
import { linearScale, type Scale } from './scale.ts';

/** The part of the plot between its axes, in pixels from its own upper left corner. */
export interface Area {
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

export type Mark = (area: Area) => string;

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** As they stand in a column of a page, and across all of one. */
export const COLUMN: PlotSize = { width: 440, height: 250 };
export const ACROSS: PlotSize = { width: 1240, height: 350 };

const TOP = 24;
const BOTTOM = 40;
const RIGHT = 14;
const CHARACTER = 6.4;

/** @param marks drawn in order, later ones above */
export function drawPlot({ width, height }: PlotSize, title: string, x: Axis, y: Axis, marks: readonly Mark[]): string {
  const left = 16 + CHARACTER * Math.max(2, ...y.ticks.map((tick) => y.format(tick).length));
  const inner = { width: width - left - RIGHT, height: height - TOP - BOTTOM };
  const area: Area = { ...inner, x: linearScale(x.domain, [0, inner.width]), y: linearScale(y.domain, [inner.height, 0]) };
  const rows = y.ticks.map((tick) => {
    const at = TOP + area.y(tick);
    return `<path class="grid" d="M${coordinate(left)} ${coordinate(at)}h${coordinate(inner.width)}"/>${element('text', { x: left - 8, y: at + 4, class: 'tick end' }, escapeText(y.format(tick)))}`;
  });
  const columns = x.ticks.map((tick) => {
    const at = left + area.x(tick);
    const written = x.format(tick);
    // A last one in the corner would be cut off.
    const over = at + (CHARACTER * written.length) / 2 > width;
    return `<path class="axis" d="M${coordinate(at)} ${coordinate(TOP + inner.height)}v4"/>${element('text', { x: over ? width : at, y: TOP + inner.height + 17, class: `tick ${over ? 'end' : 'middle'}` }, escapeText(written))}`;
  });
  return element(
    'svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title },
    ...rows, `<path class="axis" d="M${coordinate(left)} ${coordinate(TOP + inner.height)}h${coordinate(inner.width)}"/>`, ...columns,
    element('text', { x: 0, y: 12, class: 'label' }, escapeText(y.label)),
    element('text', { x: left + inner.width, y: height - 4, class: 'label end' }, escapeText(x.label)),
    element('svg', { x: left, y: TOP, width: inner.width, height: inner.height }, ...marks.map((mark) => mark(area))),
  );
}
