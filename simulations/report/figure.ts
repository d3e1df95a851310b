/** A plot on the page: its title, what its colours mean, and the plot itself. */
import { element, escapeText } from './markup.ts';
import { ACROSS, COLUMN, type PlotSize } from './plots/plot.ts';

export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  readonly shape?: 'line' | 'block' | 'dashed';
}

export interface Figure {
  readonly title: string;
  /** One sentence on how to read it, or what it shows. */
  readonly note?: string;
  readonly legend?: readonly LegendEntry[];
  /** As wide as the page; drawn a second time for narrow ones, so that its text stays readable. */
  readonly across?: boolean;
  readonly draw: (size: PlotSize) => string;
}

export function legendOf(entries: readonly LegendEntry[]): string {
  return entries.length === 0 ? '' : element('ul', { class: 'legend' }, ...entries.map(({ label, color, shape = 'line' }) => `<li><i class="${shape}" style="--c:var(--${color})"></i>${escapeText(label)}</li>`));
}

export function figure({ title, note, legend = [], across = false, draw }: Figure): string {
  const plot = across ? `<div class="at-wide">${draw(ACROSS)}</div><div class="at-narrow">${draw({ ...COLUMN, height: 290 })}</div>` : draw(COLUMN);
  return element('figure', { class: across ? 'card across' : 'card' }, element('figcaption', {}, element('h3', {}, escapeText(title)), note === undefined ? '' : element('p', {}, escapeText(note))), legendOf(legend), plot);
}
