/** Small pictures of counts, quantiles and matrices, drawn as SVG: they scale with their box, and say in words what they show. */
import { formatCount, formatNumber, formatPercent } from '../../shared/format.ts';
import { create } from './dom.ts';

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [320, 110];
/** Room for a line of text below. */
const BASE = HEIGHT - 16;

type Tag = 'svg' | 'rect' | 'line' | 'text' | 'title';

function shape<T extends Tag>(tag: T, className: string, numbers: Readonly<Record<string, number>> = {}): SVGElementTagNameMap[T] {
  const made = document.createElementNS(SVG, tag);
  if (className !== '') made.setAttribute('class', className);
  for (const [name, value] of Object.entries(numbers)) made.setAttribute(name, String(Number(value.toFixed(2))));
  return made;
}

function picture(words: string, width = WIDTH, height = HEIGHT): SVGSVGElement {
  const svg = shape('svg', 'result-picture');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', words);
  return svg;
}

function label(text: string, x: number, anchor: 'start' | 'middle' | 'end', y = HEIGHT - 3): SVGTextElement {
  const made = shape('text', 'result-label', { x, y });
  made.setAttribute('text-anchor', anchor);
  made.textContent = text;
  return made;
}

/** What a pointer that rests on a mark is told. */
function told<T extends SVGElement>(mark: T, words: string): T {
  const title = shape('title', '');
  title.textContent = words;
  mark.append(title);
  return mark;
}

/** Bars side by side; those of a histogram touch. */
export function drawHistogram(name: string, edges: readonly number[], counts: readonly number[]): SVGSVGElement {
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const highest = counts.indexOf(Math.max(...counts));
  const svg = picture(`${name}: ${formatCount(total)} values in ${counts.length} bins from ${formatNumber(edges[0])} to ${formatNumber(edges[edges.length - 1])}, most of them (${formatCount(counts[highest])}) from ${formatNumber(edges[highest])} to ${formatNumber(edges[highest + 1])}`);
  const span = edges[edges.length - 1] - edges[0];
  counts.forEach((count, i) => {
    const [from, to] = [edges[i], edges[i + 1]].map((edge) => (WIDTH * (edge - edges[0])) / span);
    const height = (BASE * count) / most;
    svg.append(told(shape('rect', 'result-bar', { x: from + 0.5, y: BASE - height, width: Math.max(0.5, to - from - 1), height }), `${formatNumber(edges[i])} to ${formatNumber(edges[i + 1])}: ${formatCount(count)}`));
  });
  svg.append(label(formatNumber(edges[0]), 0, 'start'), label(formatNumber(edges[edges.length - 1]), WIDTH, 'end'));
  return svg;
}

/** Shares as lines of text with a bar behind each. */
export function drawShares(name: string, counted: readonly { readonly label: string; readonly count: number }[], total: number): HTMLElement {
  return shareList(name, counted.map(({ label: text, count }) => {
    const share = total === 0 ? 0 : count / total;
    return { label: text, share, words: `${formatCount(count)}, ${formatPercent(share, 1)}` };
  }));
}

/** The same of shares whose counts nobody knows. */
export const drawPercents = (name: string, shares: readonly { readonly label: string; readonly share: number }[]): HTMLElement =>
  shareList(name, shares.map((one) => ({ ...one, words: formatPercent(one.share, 1) })));

function shareList(name: string, shares: readonly { readonly label: string; readonly share: number; readonly words: string }[]): HTMLElement {
  const list = create('ul', 'result-shares');
  list.setAttribute('aria-label', name);
  for (const { label: text, share, words } of shares) {
    const row = create('li');
    const bar = create('meter', 'result-meter');
    bar.value = Math.max(0, share);
    bar.textContent = formatPercent(share, 1);
    row.append(create('span', 'result-share-name', text), bar, create('span', 'result-share-count', words));
    list.append(row);
  }
  return list;
}

/** Quantiles on a line: a box between the quartiles, its middle marked, whiskers to the outermost that are known. */
export function drawQuantiles(name: string, quantiles: readonly { readonly at: number; readonly value: number | null }[]): SVGSVGElement | null {
  const known = quantiles.flatMap(({ at, value }) => (value === null ? [] : [{ at, value }])).sort((a, b) => a.at - b.at);
  const [first, last] = [known[0], known[known.length - 1]];
  if (known.length < 2 || first.value === last.value) return null;
  const at = (wanted: number): number | null => known.find((one) => one.at === wanted)?.value ?? null;
  const x = (value: number): number => 2 + ((WIDTH - 4) * (value - first.value)) / (last.value - first.value);
  const svg = picture(`${name}: ${known.map((one) => `${formatPercent(one.at, 0)} at most ${formatNumber(one.value)}`).join(', ')}`, WIDTH, 52);
  svg.append(shape('line', 'result-line', { x1: x(first.value), x2: x(last.value), y1: 18, y2: 18 }));
  const [lower, middle, upper] = [at(0.25), at(0.5), at(0.75)];
  if (lower !== null && upper !== null) svg.append(told(shape('rect', 'result-box', { x: x(lower), y: 6, width: Math.max(1, x(upper) - x(lower)), height: 24 }), `half of the values lie from ${formatNumber(lower)} to ${formatNumber(upper)}`));
  if (middle !== null) svg.append(told(shape('line', 'result-middle', { x1: x(middle), x2: x(middle), y1: 4, y2: 32 }), `the median: ${formatNumber(middle)}`));
  for (const { at: share, value } of known) svg.append(told(shape('line', 'result-line', { x1: x(value), x2: x(value), y1: 13, y2: 23 }), `${formatPercent(share, 0)}: ${formatNumber(value)}`));
  svg.append(label(formatNumber(first.value), 0, 'start', 48), label(formatNumber(last.value), WIDTH, 'end', 48));
  return svg;
}

/** Cells that are drawn in a row at most: beyond, they would be narrower than what a screen shows. */
const MOST_CELLS = 64;

/** Beyond so many columns a number has no room in its cell. */
const MOST_NUMBERED = 6;

/** Correlations as colours: one hue for those above zero, another for those below, stronger the further away. */
export function drawCorrelations(names: readonly string[], covariance: readonly (readonly number[])[]): SVGSVGElement | null {
  const count = names.length;
  if (count < 2 || count > MOST_CELLS) return null;
  const size = 240;
  const cell = size / count;
  const svg = picture(`Correlations of ${names.join(', ')}`, size, size);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const scale = Math.sqrt(covariance[i][i] * covariance[j][j]);
      const correlation = scale > 0 ? Math.max(-1, Math.min(1, covariance[i][j] / scale)) : 0;
      const mark = shape('rect', correlation < 0 ? 'result-below' : 'result-above', { x: j * cell, y: i * cell, width: cell - 0.5, height: cell - 0.5, 'fill-opacity': Math.abs(correlation) });
      svg.append(told(mark, `${names[i]} and ${names[j]}: ${correlation.toFixed(2)}`));
      if (count > MOST_NUMBERED) continue;
      const number = label(correlation.toFixed(2), (j + 0.5) * cell, 'middle', (i + 0.5) * cell + 4);
      // Light on a strong colour, dark on a weak one.
      number.setAttribute('class', Math.abs(correlation) > 0.5 ? 'result-label result-on-strong' : 'result-label');
      svg.append(number);
    }
  }
  return svg;
}
