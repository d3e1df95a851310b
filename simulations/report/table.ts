/** Tables of the page: the first column names the row, the others are numbers. */
import { element, escapeText } from './markup.ts';

/** @param rows markup of the cells */
export function dataTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return element(
    'div', { class: 'scroll' },
    element('table', {}, element('thead', {}, element('tr', {}, ...head.map((title) => `<th scope="col">${escapeText(title)}</th>`))), element('tbody', {}, ...rows.map(([name, ...cells]) => element('tr', {}, `<th scope="row">${name}</th>`, ...cells.map((cell) => `<td>${cell}</td>`))))),
  );
}
