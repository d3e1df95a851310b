/** One SVG of a title, a legend and plots below each other or side by side, which needs nothing from the page around it. */
import { FONT } from './theme.mjs';

const SVG = 'http://www.w3.org/2000/svg';
const PADDING = 20;
export const WIDTH = 840;
export const INNER = WIDTH - 2 * PADDING;

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** How wide a text is drawn, in px. */
function widthOf(text, size) {
  const context = document.createElement('canvas').getContext('2d');
  context.font = `${size}px ${FONT}`;
  return context.measureText(text).width;
}

/**
 * @param {{ title: string, subtitle: string, legend: { label: string, color: string, dashed?: boolean }[], rows: SVGElement[][], theme: Record<string, string> }} parts
 *   `rows`: plots, those of a row side by side
 * @returns {string} the SVG's text
 */
export function sheet({ title, subtitle, legend, rows, theme }) {
  const root = element('svg', { xmlns: SVG, 'font-family': FONT, 'font-size': 12, color: theme.text, fill: theme.text, role: 'img' });
  root.append(element('title', {}, title));
  const background = element('rect', { width: WIDTH, rx: 8, fill: theme.background, stroke: theme.grid });
  root.append(background);
  root.append(element('text', { x: PADDING, y: 32, 'font-size': 16, 'font-weight': 600 }, title));
  root.append(element('text', { x: PADDING, y: 52, fill: theme.muted }, subtitle));
  let x = PADDING;
  let y = 76;
  for (const { label, color, dashed } of legend) {
    const width = 22 + widthOf(label, 12) + 20;
    if (x + width > WIDTH - PADDING) {
      x = PADDING;
      y += 20;
    }
    root.append(element('line', { x1: x, x2: x + 16, y1: y - 4, y2: y - 4, stroke: color, 'stroke-width': dashed ? 3 : 6, ...(dashed ? { 'stroke-dasharray': '4 3' } : {}) }));
    root.append(element('text', { x: x + 22, y }, label));
    x += width;
  }
  y += legend.length > 0 ? 12 : -12;
  for (const row of rows) {
    let at = PADDING;
    let height = 0;
    for (const plot of row) {
      plot.setAttribute('x', at);
      plot.setAttribute('y', y);
      plot.setAttribute('overflow', 'visible');
      root.append(plot);
      at += Number(plot.getAttribute('width')) + 12;
      height = Math.max(height, Number(plot.getAttribute('height')));
    }
    y += height + 8;
  }
  const height = y + PADDING / 2;
  background.setAttribute('height', height);
  root.setAttribute('width', WIDTH);
  root.setAttribute('height', height);
  root.setAttribute('viewBox', `0 0 ${WIDTH} ${height}`);
  // Plot speaks of its colours by names that mean nothing outside of a page.
  return root.outerHTML.replaceAll('var(--plot-background)', theme.background).replaceAll('currentColor', theme.text);
}
