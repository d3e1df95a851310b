/** Weights, centres and directions as a table: a row a feature, by its name. */
import { layOutByFeature } from '../../shared/algorithms/statistics/by-feature.ts';
import type { KMeansResult, PcaResult, RidgeResult } from '../../shared/algorithms/statistics/result.ts';
import { formatNumber } from '../../shared/format.ts';
import { create } from './dom.ts';

/** Nothing where features have no names, or where there are too many for a table. */
export function drawByFeature(result: RidgeResult | KMeansResult | PcaResult): HTMLElement[] {
  const laid = layOutByFeature(result);
  if (laid === null) return [];
  const table = create('table', 'result-table');
  table.dataset['testid'] = 'by-feature';
  const head = create('tr');
  head.append(cell('th', 'Feature', 'col'), ...laid.columns.map((column) => cell('th', column, 'col')));
  const body = create('tbody');
  body.append(...laid.rows.map(({ feature, values }) => {
    const row = create('tr');
    row.append(cell('th', feature, 'row'), ...values.map((value) => cell('td', formatNumber(value))));
    return row;
  }));
  const top = create('thead');
  top.append(head);
  table.append(top, body);
  const box = create('article', 'result-column result-wide');
  box.append(create('h3', '', laid.title), create('p', 'muted', 'Features as a model sees them.'), table);
  return [box];
}

function cell(kind: 'th' | 'td', text: string, scope?: 'col' | 'row'): HTMLElement {
  const element = create(kind, '', text);
  if (scope !== undefined) element.setAttribute('scope', scope);
  return element;
}
