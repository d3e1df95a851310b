/** The panel about what is wrong with a task: each finding with its evidence, a picture of it, and what to try. */
import { z } from 'zod';
import { formatCount } from '../../shared/format.ts';
import type { LiveTask } from '../../shared/protocol/live-view.ts';
import { said } from '../diagnosis/reading.ts';
import { byId, create, setHidden, setText } from './dom.ts';

/** What the page needs of the API's answer; it may hold more. */
const Findings = z.object({
  findings: z.array(
    z.object({
      reading: z.string(), what: z.string(), since: z.number(), sure: z.enum(['possible', 'likely', 'certain']), edges: z.array(z.string()),
      evidence: z.record(z.string(), z.number()), remedies: z.array(z.string()),
      lines: z.array(z.object({ name: z.string(), points: z.array(z.tuple([z.number(), z.number()])) })),
    }),
  ),
});
type ShownFinding = z.infer<typeof Findings>['findings'][number];

/** More are told by the command line. */
const MOST = 12;
const EDGES_NAMED = 3;
const PICTURE = { width: 220, height: 44, margin: 3 } as const;
const SVG = 'http://www.w3.org/2000/svg';

/** @param nameOf of an edge by its id; empty where that is not known */
export function createTroublePanel(nameOf: (edge: string) => string): (task: LiveTask) => void {
  const panel = byId('trouble', HTMLElement);
  const count = byId('trouble-count', HTMLElement);
  const list = byId('trouble-list', HTMLElement);
  const note = byId('trouble-note', HTMLElement);
  /** What was asked for last: the same is not asked for again. */
  let asked = '';

  async function load(task: string, mine: string): Promise<void> {
    const answer = await fetch(`api/tasks/${encodeURIComponent(task)}/findings`, { cache: 'no-store' });
    const read = Findings.safeParse(answer.ok ? await answer.json() : null);
    if (asked !== mine) return;
    if (!read.success) return fail('The coordinator’s answer is not understood; reload this page.');
    const { findings } = read.data;
    list.replaceChildren(...findings.slice(0, MOST).map((finding) => findingElement(finding, nameOf)));
    setText(note, findings.length > MOST ? `${formatCount(findings.length - MOST)} more: murmur task show ${task} --trouble` : '');
    setHidden(note, note.textContent === '');
  }

  function fail(text: string): void {
    setText(note, text);
    setHidden(note, false);
  }

  return ({ task, round, phase, findings = 0 }) => {
    setHidden(panel, findings === 0);
    if (findings === 0) {
      asked = '';
      return;
    }
    setText(count, findings === 1 ? 'one thing' : `${formatCount(findings)} things`);
    // The live state comes several times a second; what is wrong changes with a round's end.
    const key = `${task} ${round} ${findings} ${phase === null}`;
    if (key === asked) return;
    asked = key;
    load(task, key).catch(() => {
      if (asked === key) fail('The coordinator does not answer.');
    });
  };
}

function findingElement({ reading, what, since, sure, edges, evidence, remedies, lines }: ShownFinding, nameOf: (edge: string) => string): HTMLElement {
  const item = create('li', 'finding');
  item.dataset['testid'] = `finding-${reading}`;
  item.dataset['sure'] = sure;
  const head = create('p', 'finding-head');
  head.append(create('strong', '', reading), create('span', `chip sure-${sure}`, sure), create('span', 'muted', `since round ${formatCount(since)}`));
  const words = create('p', '', edges.length === 0 ? sentence(what) : `${whoIs(edges, nameOf)}: ${what}.`);
  const facts = create('dl', 'finding-evidence');
  for (const [name, value] of Object.entries(evidence)) {
    const pair = create('div');
    pair.append(create('dt', '', name), create('dd', 'number', said(value)));
    facts.append(pair);
  }
  const pictures = create('div', 'finding-pictures');
  pictures.append(...lines.filter(({ points }) => points.length > 1).map(lineElement));
  const advice = create('ul', 'finding-remedies');
  advice.append(...remedies.map(adviceElement));
  item.append(head, words, pictures, facts, create('p', 'muted', 'What to try:'), advice);
  return item;
}

/** What stands between backticks is a command, or a setting. */
function adviceElement(remedy: string): HTMLElement {
  const item = create('li');
  item.append(...remedy.split('`').map((part, i) => (i % 2 === 0 ? part : create('code', '', part))));
  return item;
}

const sentence = (what: string): string => `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;

function whoIs(edges: readonly string[], nameOf: (edge: string) => string): string {
  const named = edges.slice(0, EDGES_NAMED).map((edge) => nameOf(edge) || edge).join(', ');
  return edges.length > EDGES_NAMED ? `${named} and ${formatCount(edges.length - EDGES_NAMED)} more` : named;
}

/** A small line of its own: what is measured in other units has another height. */
function lineElement({ name, points }: ShownFinding['lines'][number]): HTMLElement {
  const figure = create('figure', 'finding-line');
  const [first, last] = [points[0], points[points.length - 1]];
  const values = points.map(([, value]) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const { width, height, margin } = PICTURE;
  const x = (round: number): number => margin + ((width - 2 * margin) * (round - first[0])) / Math.max(1, last[0] - first[0]);
  const y = (value: number): number => (most > least ? margin + ((height - 2 * margin) * (most - value)) / (most - least) : height / 2);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${name}, rounds ${first[0]} to ${last[0]}: from ${said(first[1])} to ${said(last[1])}`);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', points.map(([round, value], i) => `${i === 0 ? 'M' : 'L'}${x(round).toFixed(1)} ${y(value).toFixed(1)}`).join(''));
  svg.append(path);
  figure.append(svg, create('figcaption', 'muted', `${name}: ${said(first[1])} → ${said(last[1])}`));
  return figure;
}
