/**
 * Table cells that carry their column's name, for narrow screens where rows become cards.
 * Rows laid out as blocks lose their table semantics in some browsers: roles are given explicitly.
 */
import { create } from './dom.ts';

export interface Cell {
  readonly element: HTMLTableCellElement;
  readonly inner: HTMLElement;
}

export function createCell(row: HTMLTableRowElement, column: string, className = ''): Cell {
  const element = create('td', className);
  row.setAttribute('role', 'row');
  element.setAttribute('role', 'cell');
  element.dataset['label'] = column;
  const inner = create('span', 'cell');
  element.append(inner);
  row.append(element);
  return { element, inner };
}
