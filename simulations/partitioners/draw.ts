/**
 * A picture of a partition: clients from left to right, labels from top to bottom, how many examples by colour; above it
 * each client's size, to the right each label's total, below it what is done to each client's examples. One SVG that
 * stands alone and follows the reader's light or dark.
 */
import { formatCount } from '../../shared/format.ts';
import type { PartitionInput, PartitionPlan } from './partitioner.ts';
import { countLabels, summarisePartition } from './summarise.ts';

export interface PictureOptions {
  /** The partitioner and its settings: `dirichlet, alpha 0.5`. */
  readonly title: string;
  /** Names of the labels; their indices unless given. */
  readonly classNames?: readonly string[];
}

const WIDTH = 860;
const PLOT = { left: 104, top: 148, width: 600 };
const SIZES = { top: 84, height: 56 };
const TOTALS = { left: PLOT.left + PLOT.width + 10, width: 104 };
/** Above this, neighbouring clients share a column, which shows their mean. */
const MOST_COLUMNS = 200;
const MOST_ROWS = 40;
const SHADES = 8;

const SHAPES = 'text{font:11px system-ui,sans-serif}.t{font-size:15px;font-weight:600}.e{text-anchor:end}.c{text-anchor:middle}.f,.l{fill:none}.l{stroke-width:1.5}';
const LIGHT = { paper: '#fff', ink: '#1c2430', mute: '#5b6675', rule: '#d5dae1', bar: '#7d8ba0', shades: ['#e3ecf7', '#c9dcf0', '#a6c6e6', '#7fabd9', '#588ec8', '#3a70b2', '#255394', '#163870'] };
const DARK = { paper: '#12161c', ink: '#e6eaf0', mute: '#9aa5b4', rule: '#333c49', bar: '#8290a5', shades: ['#1a2a40', '#1f3a5c', '#264d7b', '#30639b', '#427db9', '#6299d0', '#8fb9e2', '#c6ddf3'] };

/** Clients and labels as they are drawn: columns of `perColumn` neighbouring clients, each with their means. */
interface Grid {
  readonly columns: number;
  readonly perColumn: number;
  /** [columns, classes]. */
  readonly means: Float64Array;
  readonly sizes: Float64Array;
}

/** @returns an SVG document. */
export function drawPartition(input: PartitionInput, plan: PartitionPlan, options: PictureOptions): string {
  const { classes } = input;
  const grid = gridOf(input, plan);
  const rowHeight = Math.max(3, Math.min(24, Math.floor(320 / classes)));
  const bottom = PLOT.top + classes * rowHeight;
  const strip = stripOf(plan, grid, bottom + 36);
  const legendTop = bottom + 44 + (strip === null ? 0 : 60);
  const height = legendTop + 30;
  const bounds = shadeBounds(Math.max(...grid.means));
  const parts = [
    `<rect width="${WIDTH}" height="${height}" class="p"/>`,
    text(16, 26, clip(options.title, 100), 't'),
    ...captions(input, plan).map((caption, i) => text(16, 46 + 16 * i, caption, 'm')),
    sizeBars(grid),
    cells(grid, classes, rowHeight, bounds),
    `<rect class="f" x="${PLOT.left - 0.5}" y="${PLOT.top - 0.5}" width="${PLOT.width + 1}" height="${classes * rowHeight + 1}"/>`,
    labelNames(classes, rowHeight, options.classNames),
    totalBars(grid, plan.parts.length, classes, rowHeight),
    clientTicks(grid, plan.parts.length, bottom),
    strip ?? '',
    legend(bounds, grid.perColumn, legendTop),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img"><title>${escape(options.title)}</title><style>${SHAPES}${colours(LIGHT)}@media(prefers-color-scheme:dark){${colours(DARK)}}</style>${parts.join('')}</svg>\n`;
}

function gridOf(input: PartitionInput, plan: PartitionPlan): Grid {
  const { classes } = input;
  const clients = plan.parts.length;
  const perColumn = Math.ceil(clients / MOST_COLUMNS);
  const columns = Math.ceil(clients / perColumn);
  const counts = countLabels(input, plan);
  const means = new Float64Array(columns * classes);
  const sizes = new Float64Array(columns);
  for (let client = 0; client < clients; client++) {
    const column = Math.floor(client / perColumn);
    // The last column may hold fewer.
    const sharing = Math.min(perColumn, clients - column * perColumn);
    sizes[column] += plan.parts[client].length / sharing;
    for (let label = 0; label < classes; label++) means[column * classes + label] += counts[client * classes + label] / sharing;
  }
  return { columns, perColumn, means, sizes };
}

function captions(input: PartitionInput, plan: PartitionPlan): string[] {
  const { parts, examples, sizes, labels, totalVariation, jensenShannon } = summarisePartition(input, plan);
  return [
    `${formatCount(examples)} examples, ${formatCount(parts)} clients · a client holds ${formatCount(sizes.minimum)} to ${formatCount(sizes.maximum)}, median ${formatCount(sizes.median)} · ${short(labels.mean)} labels a client`,
    `labels from the population's: total variation ${totalVariation.toFixed(2)}, Jensen–Shannon ${jensenShannon.toFixed(2)}`,
  ];
}

/** Steps 1, 2, 5, 10, … up to the greatest value; the lowest ones make one where there are too many. A step begins at its bound. */
function shadeBounds(greatest: number): number[] {
  const bounds: number[] = [];
  for (let power = 1; power <= greatest; power *= 10) bounds.push(...[1, 2, 5].map((step) => step * power).filter((bound) => bound <= greatest));
  // Whatever there is less of than the second bound says takes the first shade, means below 1 as well.
  return [0, ...bounds.slice(1).slice(1 - SHADES)];
}

/** All cells of one shade are one path, and neighbours in a row one rectangle: so the picture stays small. */
function cells({ columns, means }: Grid, classes: number, rowHeight: number, bounds: readonly number[]): string {
  const shadeOf = (column: number, label: number): number => {
    const value = means[column * classes + label];
    return value > 0 ? bounds.findLastIndex((bound) => value >= bound) : -1;
  };
  const edge = (column: number): number => PLOT.left + (column * PLOT.width) / columns;
  const gap = rowHeight > 6 ? 1 : 0;
  const paths = bounds.map(() => '');
  for (let label = 0; label < classes; label++) {
    for (let from = 0; from < columns; ) {
      const shade = shadeOf(from, label);
      let to = from + 1;
      while (to < columns && shadeOf(to, label) === shade) to++;
      const [left, right] = [round(edge(from)), round(edge(to))];
      if (shade >= 0) paths[shade] += `M${left} ${PLOT.top + label * rowHeight}h${round(right - left)}v${rowHeight - gap}H${left}z`;
      from = to;
    }
  }
  return paths.map((path, shade) => (path === '' ? '' : `<path class="s${shadeIndex(shade, bounds.length)}" d="${path}"/>`)).join('');
}

/** The most examples have the last shade, however few steps there are. */
const shadeIndex = (shade: number, steps: number): number => (steps === 1 ? SHADES - 1 : Math.round((shade * (SHADES - 1)) / (steps - 1)));

function sizeBars({ columns, perColumn, sizes }: Grid): string {
  const greatest = Math.max(...sizes, 1);
  const base = SIZES.top + SIZES.height;
  let path = '';
  sizes.forEach((size, column) => {
    const [left, right] = [column, column + 1].map((at) => round(PLOT.left + (at * PLOT.width) / columns));
    const top = round((SIZES.height * size) / greatest);
    const gap = right - left > 4 ? 1 : 0;
    path += `M${left} ${base}v${-top}h${round(right - left - gap)}v${top}z`;
  });
  return `<path class="b" d="${path}"/>${text(PLOT.left - 8, SIZES.top + 8, formatCount(greatest), 'm e')}${text(PLOT.left - 8, base, '0', 'm e')}${text(PLOT.left - 8, SIZES.top + 34, perColumn > 1 ? 'mean size' : 'size', 'e')}`;
}

function labelNames(classes: number, rowHeight: number, names?: readonly string[]): string {
  const every = Math.ceil(classes / MOST_ROWS);
  return Array.from({ length: classes }, (_, label) => (label % every === 0 && (rowHeight >= 9 || label % Math.ceil(11 / rowHeight) === 0) ? text(PLOT.left - 8, PLOT.top + label * rowHeight + rowHeight / 2 + 3.5, clip(names?.[label] ?? String(label), 14), 'e') : '')).join('');
}

/** Of what was dealt out. */
function totalBars({ columns, perColumn, means }: Grid, clients: number, classes: number, rowHeight: number): string {
  const totals = new Float64Array(classes);
  for (let column = 0; column < columns; column++) {
    const sharing = Math.min(perColumn, clients - column * perColumn);
    for (let label = 0; label < classes; label++) totals[label] += means[column * classes + label] * sharing;
  }
  const greatest = Math.max(...totals, 1);
  let bars = '';
  let path = '';
  totals.forEach((total, label) => {
    const y = PLOT.top + label * rowHeight;
    const width = round(((TOTALS.width - 44) * total) / greatest);
    path += `M${TOTALS.left} ${y}h${width}v${rowHeight - (rowHeight > 6 ? 1 : 0)}H${TOTALS.left}z`;
    if (rowHeight >= 10) bars += text(round(TOTALS.left + width + 4), y + rowHeight / 2 + 3.5, formatCount(total), 'm');
  });
  return `<path class="b" d="${path}"/>${bars}${text(TOTALS.left, PLOT.top - 8, 'label total')}`;
}

function clientTicks({ columns, perColumn }: Grid, clients: number, bottom: number): string {
  const step = [1, 2, 5, 10, 20, 25, 50].flatMap((n) => [n, 100 * n, 10_000 * n]).sort((a, b) => a - b).find((n) => clients / n <= 12) ?? clients;
  let ticks = '';
  for (let client = 0; client < clients; client += step) ticks += text(round(PLOT.left + ((client / perColumn + 0.5) * PLOT.width) / columns), bottom + 15, formatCount(client), 'm c');
  return `${ticks}${text(PLOT.left - 8, bottom + 15, perColumn > 1 ? `${perColumn} clients each` : 'client', 'e')}`;
}

/** What is done to the examples of each client, as a line; null where nothing is. */
function stripOf({ transforms, parts }: PartitionPlan, { columns, perColumn }: Grid, top: number): string | null {
  // Shuffled labels are as many of each class as before: there is nothing to draw.
  const done = transforms?.find((transform) => transform !== null && transform.kind !== 'shuffle-labels');
  if (!transforms || !done) return null;
  const values = transforms.map((transform) => (transform?.kind === 'rotate' ? transform.degrees : transform?.kind === 'noise' ? transform.deviation : 0));
  const greatest = Math.max(...values.map(Math.abs), 1e-9);
  const turned = done.kind === 'rotate';
  const [low, height] = [turned ? -greatest : 0, 36];
  const y = (value: number): number => round(top + height - (height * (value - low)) / (greatest - low));
  // One step a client, at the width that its column has.
  let path = '';
  for (let client = 0; client < parts.length; client++) {
    const [left, right] = [client, client + 1].map((at) => round(PLOT.left + ((at / perColumn) * PLOT.width) / columns));
    path += `${client === 0 ? `M${left} ` : 'V'}${y(values[client])}H${right}`;
  }
  const unit = turned ? '°' : '';
  return `<path class="f" d="M${PLOT.left} ${y(0)}h${PLOT.width}"/><path class="l" d="${path}"/>${text(PLOT.left - 8, top + height / 2 + 3.5, turned ? 'turned by' : 'noise, deviation', 'e')}${text(PLOT.left + PLOT.width + 10, top + 8, `${short(greatest)}${unit}`, 'm')}${text(PLOT.left + PLOT.width + 10, top + height, `${short(low)}${unit}`, 'm')}`;
}

function legend(bounds: readonly number[], perColumn: number, top: number): string {
  const caption = perColumn > 1 ? 'examples of a label, mean of a column' : 'examples of a label a client has';
  let x = PLOT.left;
  let swatches = '';
  bounds.forEach((bound, shade) => {
    const next = bounds.at(shade + 1);
    const words = bound === 0 ? `below ${formatCount(next ?? 2)}` : next === undefined ? `${formatCount(bound)} and more` : `${formatCount(bound)}–${formatCount(next - 1)}`;
    swatches += `<rect x="${x}" y="${top}" width="12" height="12" class="s${shadeIndex(shade, bounds.length)}"/>${text(x + 16, top + 10, words, 'm')}`;
    x += 34 + 6.2 * words.length;
  });
  return `${text(PLOT.left, top - 8, caption)}${swatches}`;
}

/** Plain rules, no variables: viewers that are no browsers know those alone. */
function colours({ paper, ink, mute, rule, bar, shades }: typeof LIGHT): string {
  return `.p{fill:${paper}}text{fill:${ink}}.m{fill:${mute}}.b{fill:${bar}}.f{stroke:${rule}}.l{stroke:${bar}}${shades.map((shade, i) => `.s${i}{fill:${shade}}`).join('')}`;
}

const text = (x: number, y: number, words: string, className?: string): string => `<text x="${x}" y="${y}"${className === undefined ? '' : ` class="${className}"`}>${escape(words)}</text>`;
const escape = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const clip = (words: string, length: number): string => (words.length > length ? `${words.slice(0, length - 1)}…` : words);
/** To a hundredth of a pixel: more only makes files larger. */
const round = (value: number): number => Math.round(value * 100) / 100;
const short = (value: number): string => String(Number(value.toPrecision(2))).replace('-', '−');
