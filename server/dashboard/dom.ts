/** The few DOM helpers of the page. Text is always set as text: what an edge calls itself can never become markup. */
import { MurmurError } from '../../shared/errors.ts';

/** @throws internal when the page lacks the element: HTML and script have drifted apart. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new MurmurError('internal', `the page has no ${type.name} with the id ${id}`);
  return found;
}

/** Touches the DOM only where something changed: selections survive, screen readers stay quiet. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setHidden(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function create<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className = '', text = ''): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}

export interface KeyedRow<Item> {
  readonly element: HTMLElement;
  update(item: Item): void;
}

/** A list whose rows are kept by key: a row that stays is changed in place, so nothing jumps and focus is kept. */
export function createKeyedList<Item>(parent: HTMLElement, keyOf: (item: Item) => string, createRow: () => KeyedRow<Item>): (items: readonly Item[]) => void {
  const rows = new Map<string, KeyedRow<Item>>();
  return (items) => {
    const wanted = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    let place = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let row = rows.get(key);
      if (row === undefined) {
        row = createRow();
        rows.set(key, row);
      }
      row.update(item);
      if (row.element === place) place = place.nextElementSibling;
      else parent.insertBefore(row.element, place);
    }
  };
}
