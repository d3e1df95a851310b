/** What is drawn in a plot. A colour is the name of one of the page's. */
import { coordinate, element, escapeText } from '../markup.ts';
import type { Point } from '../../run/summary.ts';
import type { Area, Mark } from './plot.ts';

/** More points than pixels say nothing: of each of this many stretches the extremes are kept. */
const STRETCHES = 400;

/** The same line to the eye, with a bounded number of points; by growing x. */
export function thinned(points: readonly Point[], stretches = STRETCHES): readonly Point[] {
  if (points.length <= 4 * stretches) return points;
  const size = points.length / stretches;
  return Array.from({ length: stretches }, (_, i) => points.slice(Math.floor(i * size), Math.floor((i + 1) * size))).flatMap((stretch) => {
    const least = stretch.reduce((a, b) => (b.y < a.y ? b : a));
    const most = stretch.reduce((a, b) => (b.y > a.y ? b : a));
    return [...new Set([stretch[0], least, most, stretch[stretch.length - 1]])].sort((a, b) => a.x - b.x);
  });
}

const path = (points: readonly (readonly [number, number])[]): string => points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${coordinate(x)} ${coordinate(y)}`).join('');

/** @param dash pixels of each dash where the line lets another one show through */
export function line(points: readonly Point[], color: string, style: '' | 'thin' | 'faint' | 'dashed' = '', dash: number | null = null): Mark {
  return ({ x, y }) => {
    const drawn = thinned(points);
    if (drawn.length === 1) return element('circle', { cx: x(drawn[0].x), cy: y(drawn[0].y), r: 3, style: `fill:var(--${color})` });
    return `<path class="line ${style}" style="stroke:var(--${color})${dash === null ? '' : `;stroke-linecap:butt;stroke-dasharray:${coordinate(dash)} ${coordinate(DASH - dash)}`}" d="${path(drawn.map((point) => [x(point.x), y(point.y)] as const))}"/>`;
  };
}

export interface Curve {
  readonly points: readonly Point[];
  readonly color: string;
  readonly style?: '' | 'thin';
}

/** Pixels within which one line hides another, and the length of a dash and a gap together where one must not. */
const HIDES = 1.5;
const DASH = 20;

/** Several lines upon each other. One that runs mostly along an earlier one is dashed, so that both are seen. */
export function lines(curves: readonly Curve[]): Mark {
  return (area) => curves.map(({ points, color, style = '' }, i) => {
    const beneath = curves.slice(0, i).filter((earlier) => runsAlong(points, earlier.points, area)).length;
    return line(points, color, style, beneath === 0 ? null : DASH / (beneath + 1))(area);
  }).join('');
}

function runsAlong(points: readonly Point[], others: readonly Point[], { y }: Area): boolean {
  const heights = new Map(others.map((other) => [other.x, y(other.y)]));
  const shared = points.filter(({ x }) => heights.has(x));
  const hidden = shared.filter((point) => Math.abs(y(point.y) - (heights.get(point.x) ?? NaN)) < HIDES);
  return shared.length > 1 && 2 * hidden.length > shared.length;
}

/** Between two curves over the same x. */
export function band(lower: readonly Point[], upper: readonly Point[], color: string): Mark {
  return ({ x, y }) => {
    const around = [...upper, ...[...lower].reverse()];
    return around.length < 4 ? '' : `<path class="band" style="fill:var(--${color})" d="${path(around.map((point) => [x(point.x), y(point.y)] as const))}Z"/>`;
  };
}

/** A line across at a height, named at its left end: curves that grow are far below there. */
export function level(at: number, name: string): Mark {
  return ({ width, y }) => `<path class="level" d="M0 ${coordinate(y(at))}H${coordinate(width)}"/>${element('text', { x: 6, y: y(at) < 18 ? y(at) + 14 : y(at) - 6, class: 'note' }, escapeText(name))}`;
}

/** A point with a line down to the axis, and what it is. */
export function drop(at: Point, name: string, color: string): Mark {
  return ({ x, y, width, height }) => {
    const left = x(at.x) > width * 0.72;
    return `<path class="drop" style="stroke:var(--${color})" d="M${coordinate(x(at.x))} ${coordinate(y(at.y))}V${coordinate(height)}"/>${element('circle', { class: 'dot', cx: x(at.x), cy: y(at.y), r: 4, style: `fill:var(--${color})` }, element('title', {}, escapeText(name)))}${name === '' ? '' : element('text', { x: x(at.x) + (left ? -7 : 7), y: height - 13, class: `note${left ? ' end' : ''}` }, escapeText(name))}`;
  };
}

/** Small triangles on the axis, each with a text that shows where one points at it. */
export function flags(places: readonly { readonly x: number; readonly title: string }[]): Mark {
  return ({ x, width, height }) => {
    // Many of them would hide each other.
    const half = Math.max(1.5, Math.min(4.5, width / (4 * places.length)));
    return places.map((place) => `<path class="flag" d="M${coordinate(x(place.x))} ${coordinate(height - 8)}l${coordinate(half)} 8h${coordinate(-2 * half)}z">${element('title', {}, escapeText(place.title))}</path>`).join('');
  };
}

export interface Layer {
  readonly color: string;
  /** A height for each bar. */
  readonly values: readonly number[];
}

/**
 * Layers upon each other from below; bar i reaches from `edges[i]` to `edges[i + 1]`.
 * @param gap pixels between bars; without any, a layer is one outline, since bars that touch would show their seams
 */
export function stackedBars(edges: readonly number[], layers: readonly Layer[], gap: number): Mark {
  return ({ x, y }) => {
    const floor = new Array<number>(edges.length - 1).fill(0);
    return layers.map(({ color, values }) => {
      const below = [...floor];
      const above = values.map((value, i) => (floor[i] += value));
      const drawn = gap > 0 ? bars(edges.map(x), below.map(y), above.map(y), gap) : outline(edges.map(x), below.map(y), above.map(y));
      return drawn === '' ? '' : `<path style="fill:var(--${color})" d="${drawn}"/>`;
    }).join('');
  };
}

function bars(sides: readonly number[], from: readonly number[], to: readonly number[], gap: number): string {
  return from.map((bottom, i) => (bottom === to[i] ? '' : `M${coordinate(sides[i] + gap / 2)} ${coordinate(bottom)}V${coordinate(to[i])}H${coordinate(sides[i + 1] - gap / 2)}V${coordinate(bottom)}z`)).join('');
}

/** Along the tops to the right, and back along the bottoms. */
function outline(sides: readonly number[], from: readonly number[], to: readonly number[]): string {
  if (from.every((bottom, i) => bottom === to[i])) return '';
  const there = to.flatMap((top, i) => [[sides[i], top] as const, [sides[i + 1], top] as const]);
  const back = from.flatMap((bottom, i) => [[sides[i], bottom] as const, [sides[i + 1], bottom] as const]).reverse();
  return `${path([...there, ...back])}z`;
}
