/** The edges: who they are, what their devices say, what they do, and why they were or were not chosen. */
import { formatCount } from '../../shared/format.ts';
import type { LiveEdge } from '../../shared/protocol/live-view.ts';
import type { Conditions } from '../../shared/task/conditions.ts';
import { describeDevice, describeLine, describeNetwork, describePower, inOneLine, type Words } from '../../shared/task/describe-conditions.ts';
import { createCell } from './cells.ts';
import { byId, create, createKeyedList, setAttribute, setHidden, setText, type KeyedRow } from './dom.ts';
import { networkIcon, powerIcon } from './icons.ts';

const BUSY = new Set(['assigned', 'downloading', 'configured', 'training', 'reporting', 'uploading']);

type Tone = 'plain' | 'warn' | 'unknown';

const powerTone = ({ battery, charging }: Conditions): Tone =>
  battery === 'unknown' ? 'unknown' : battery !== 'none' && battery < 0.2 && charging !== true ? 'warn' : 'plain';
const networkTone = ({ network, metered }: Conditions): Tone => (network === 'unknown' ? 'unknown' : network === 'offline' || metered === true ? 'warn' : 'plain');

const listed = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(', ');

const NOT_SAID: Words = { main: 'not said yet', detail: '' };
const NO_LONGER: Words = { main: 'not known now', detail: '' };

/** An icon and words that change only when the words do. */
function createConditionCell(row: HTMLTableRowElement, column: string, className: string): (words: Words, tone: Tone, draw: (() => SVGSVGElement) | null) => void {
  const { element, inner } = createCell(row, column, `condition ${className}`);
  let shown: string | null = null;
  return (words, tone, draw) => {
    setAttribute(element, 'data-tone', tone);
    const key = inOneLine(words);
    if (key === shown) return;
    shown = key;
    const text = create('span', 'stack');
    text.append(create('span', '', words.main), create('span', 'sub', words.detail));
    inner.replaceChildren(...(draw === null ? [] : [draw()]), text);
  };
}

function createRow(): KeyedRow<LiveEdge> {
  const element = create('tr');
  const who = createCell(element, 'Edge', 'who');
  const name = create('span', 'edge-name');
  const id = create('code', 'edge-id');
  who.inner.append(name, id);
  const runsOn = createCell(element, 'Runs on', 'runs-on');
  const platform = create('span');
  const speed = create('span', 'sub');
  const device = create('span', 'sub');
  runsOn.inner.append(platform, speed, device);
  const power = createConditionCell(element, 'Power', 'power');
  const network = createConditionCell(element, 'Network', 'network');
  const does = createCell(element, 'Does now', 'does');
  const dot = create('span', 'dot');
  dot.setAttribute('aria-hidden', 'true');
  const activity = create('span');
  does.inner.append(dot, activity);
  const reason = createCell(element, 'Last decision', 'reason');
  const examples = createCell(element, 'Examples', 'number');
  const merged = createCell(element, 'Reports merged', 'number');
  return {
    element,
    update(edge) {
      element.dataset['testid'] = `edge-${edge.edge}`;
      setText(name, edge.name === '' ? 'unnamed' : edge.name);
      setAttribute(name, 'title', edge.name);
      setText(id, edge.edge);
      const { capabilities, conditions } = edge;
      setText(platform, capabilities === null ? 'unknown' : `${capabilities.platform}, ${capabilities.backend}`);
      const steps = capabilities?.stepsPerSecond ?? null;
      setText(speed, listed(steps === null ? '' : `${formatCount(steps)} steps/s`, capabilities?.region ?? ''));
      setText(device, conditions === null ? '' : describeDevice(conditions));
      setText(examples.inner, formatCount(edge.examples));
      if (conditions === null) {
        const words = edge.connected ? NOT_SAID : NO_LONGER;
        power(words, 'unknown', null);
        network(words, 'unknown', null);
      } else {
        power(describePower(conditions), powerTone(conditions), () => powerIcon(conditions));
        const words = describeNetwork(conditions);
        network({ main: words.main, detail: listed(words.detail, describeLine(conditions)) }, networkTone(conditions), () => networkIcon(conditions));
      }
      const state = !edge.connected ? 'away' : BUSY.has(edge.activity) ? 'busy' : 'idle';
      setAttribute(element, 'data-state', state);
      setText(activity, edge.connected || edge.activity === 'away' ? edge.activity : `${edge.activity}, not connected`);
      setText(reason.inner, edge.reason === '' ? '–' : edge.reason);
      setAttribute(reason.inner, 'title', edge.reason);
      setText(merged.inner, formatCount(edge.contributions));
    },
  };
}

/** A stable order, whatever each edge does just now: rows that dance cannot be read. */
function inOrder(edges: readonly LiveEdge[]): readonly LiveEdge[] {
  const collator = new Intl.Collator('en', { numeric: true });
  return [...edges].sort((a, b) => Number(b.connected) - Number(a.connected) || collator.compare(a.name, b.name) || collator.compare(a.edge, b.edge));
}

export function createEdgesTable(agentUrl: string): (edges: readonly LiveEdge[], inAll: number) => void {
  const list = createKeyedList(byId('edges-body', HTMLElement), (edge: LiveEdge) => edge.edge, createRow);
  const count = byId('edges-count', HTMLElement);
  const empty = byId('no-edges', HTMLElement);
  setText(byId('agent-command', HTMLElement), `npm run --silent murmur -- agent --url ${agentUrl} --dataset csv:my-data.csv`);
  return (edges, inAll) => {
    list(inOrder(edges));
    setHidden(empty, edges.length > 0);
    const connected = edges.filter((edge) => edge.connected).length;
    const known = inAll > edges.length ? `${formatCount(edges.length)} of ${formatCount(inAll)} shown` : `${formatCount(inAll)} known`;
    setText(count, edges.length === 0 ? '' : `${formatCount(connected)} connected, ${known}`);
  };
}
