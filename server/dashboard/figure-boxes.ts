/** Boxes with a big figure each. Each has a fixed place and digits of equal width, so that nothing shifts while they change. */
import { create, setHidden, setText } from './dom.ts';

export interface FigureSpec<Facts> {
  readonly id: string;
  readonly label: string;
  /** Left out where it holds; always there unless said. */
  hidden?(facts: Facts): boolean;
  value(facts: Facts): string;
  /** The line below: what the value is to be compared with. */
  aside(facts: Facts): string;
  /** A third line. */
  more?(facts: Facts): string;
  /** 0 to 1 for a meter, with an optional mark; null: no meter. */
  meter?(facts: Facts): { readonly share: number; readonly mark: number | null } | null;
}

export function createFigureBoxes<Facts>(parent: HTMLElement, specs: readonly FigureSpec<Facts>[]): (facts: Facts) => void {
  const updates = specs.map((spec) => {
    const box = create('div', `figure card figure-${spec.id}`);
    box.dataset['testid'] = `figure-${spec.id}`;
    const value = create('dd', 'figure-value');
    const aside = create('dd', 'figure-aside muted');
    box.append(create('dt', 'figure-label muted', spec.label), value, aside);
    const more = create('dd', 'figure-aside muted');
    if (spec.more !== undefined) box.append(more);
    const meter = create('dd', 'meter');
    const fill = create('span', 'meter-fill');
    const mark = create('span', 'meter-mark');
    // The figures beside it say the same in words.
    meter.setAttribute('aria-hidden', 'true');
    meter.append(fill, mark);
    if (spec.meter !== undefined) box.append(meter);
    parent.append(box);
    return (facts: Facts) => {
      setHidden(box, spec.hidden?.(facts) ?? false);
      setText(value, spec.value(facts));
      setText(aside, spec.aside(facts));
      setText(more, spec.more?.(facts) ?? '');
      const state = spec.meter?.(facts) ?? null;
      fill.style.width = `${(100 * Math.min(1, Math.max(0, state?.share ?? 0))).toFixed(2)}%`;
      mark.hidden = state === null || state.mark === null;
      if (state !== null && state.mark !== null) mark.style.left = `${(100 * Math.min(1, state.mark)).toFixed(2)}%`;
    };
  });
  return (facts) => {
    for (const update of updates) update(facts);
  };
}
