/** The swarm as a picture: peers, their links, and who has just averaged with whom. The table below it says the same in words. */
import { formatCount, formatPercent } from '../../shared/format.ts';
import type { LivePeer } from '../../shared/protocol/live-swarm.ts';
import { create, setAttribute, setText } from './dom.ts';
import { activityOf, levelOf, nameOf, type SwarmState } from '../../shared/protocol/swarm-state.ts';
import { createSwarmLayout, type Place } from './swarm-layout.ts';

export interface SwarmGraphHandlers {
  /** The pointer or the keyboard is at this peer; null: at none any more. */
  onLook(peer: string | null): void;
  onChoose(peer: string | null): void;
}

export interface SwarmGraph {
  /** @param shown the peer that is looked at, or else was chosen */
  update(state: SwarmState, shown: string | null): void;
  /** Forgets all places: another task's swarm comes. */
  reset(): void;
}

interface Node {
  readonly group: SVGGElement;
  readonly dot: SVGCircleElement;
  readonly ring: SVGCircleElement;
  readonly label: SVGTextElement;
}
interface Link {
  readonly line: SVGLineElement;
  readonly pulse: SVGLineElement;
  readonly a: string;
  readonly b: string;
}

const SVG = 'http://www.w3.org/2000/svg';
const MOST_LABELS = 16;
const MARGIN = { x: 34, top: 22, bottom: 34 };
const PULSE_MS = 900;
/** More at a time would be a flicker that says nothing, and cost frames. */
const MOST_PULSES = 120;
const MOST_STEPS = 300;

const make = <Tag extends 'svg' | 'g' | 'line' | 'circle' | 'text'>(tag: Tag, className: string): SVGElementTagNameMap[Tag] => {
  const made = document.createElementNS(SVG, tag);
  made.setAttribute('class', className);
  return made;
};
const keyOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
const radiusFor = (peers: number, width: number): number => (peers <= 12 ? 13 : peers <= 40 ? 10 : peers <= 150 ? 7 : 4.5) * (width < 500 && peers > 12 ? 0.7 : 1);

export function createSwarmGraph(box: HTMLElement, { onLook, onChoose }: SwarmGraphHandlers): SwarmGraph {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const svg = make('svg', 'swarm-svg');
  svg.setAttribute('role', 'group');
  const lines = make('g', 'swarm-links');
  const pulses = make('g', 'swarm-pulses');
  const marks = make('g', 'swarm-nodes');
  svg.append(lines, pulses, marks);
  box.append(svg);

  const nodes = new Map<string, Node>();
  const links = new Map<string, Link>();
  /** Where somebody was that left. */
  const ghosts = new Map<string, { readonly node: Node; readonly place: Place }>();
  let layout = createSwarmLayout();
  let size = { width: 0, height: 0 };
  let order: readonly string[] = [];
  let cursor: string | null = null;
  let radius = radiusFor(1, Infinity);
  let moving = false;
  let shownState: SwarmState | null = null;

  function at({ x, y }: Place): { x: number; y: number } {
    return {
      x: MARGIN.x + ((x + 1) / 2) * Math.max(0, size.width - 2 * MARGIN.x),
      y: MARGIN.top + ((y + 1) / 2) * Math.max(0, size.height - MARGIN.top - MARGIN.bottom),
    };
  }

  function put(node: Node, place: Place): void {
    const { x, y } = at(place);
    node.group.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  }

  function place(): void {
    for (const [peer, spot] of layout.places) {
      const node = nodes.get(peer);
      if (node !== undefined) put(node, spot);
    }
    for (const { node, place: spot } of ghosts.values()) put(node, spot);
    for (const { line, pulse, a, b } of links.values()) {
      const [from, to] = [layout.places.get(a), layout.places.get(b)];
      if (from === undefined || to === undefined) continue;
      const [start, end] = [at(from), at(to)];
      for (const one of [line, pulse]) {
        one.setAttribute('x1', start.x.toFixed(1));
        one.setAttribute('y1', start.y.toFixed(1));
        one.setAttribute('x2', end.x.toFixed(1));
        one.setAttribute('y2', end.y.toFixed(1));
      }
    }
  }

  function settle(): void {
    if (still.matches || document.hidden) {
      for (let step = 0; step < MOST_STEPS && layout.step(); step++);
      place();
      return;
    }
    if (moving) return;
    moving = true;
    const frame = (): void => {
      moving = layout.step();
      place();
      if (moving) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  new ResizeObserver(() => {
    const width = Math.round(box.clientWidth);
    if (width === 0 || width === size.width) return;
    size = { width, height: Math.round(Math.min(480, Math.max(300, 0.62 * width))) };
    svg.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
    svg.setAttribute('width', `${size.width}`);
    svg.setAttribute('height', `${size.height}`);
    place();
  }).observe(box);

  function moveCursor(to: string): void {
    if (cursor !== null) nodes.get(cursor)?.group.setAttribute('tabindex', '-1');
    cursor = to;
    nodes.get(to)?.group.setAttribute('tabindex', '0');
  }

  /** One stop of the Tab key for all peers; the arrows go from one to the next. */
  function onKey(event: KeyboardEvent, peer: string): void {
    const place = order.indexOf(peer);
    const next = { ArrowRight: place + 1, ArrowDown: place + 1, ArrowLeft: place - 1, ArrowUp: place - 1, Home: 0, End: order.length - 1 }[event.key];
    if (event.key === 'Enter' || event.key === ' ') onChoose(peer);
    else if (event.key === 'Escape') onChoose(null);
    else if (next !== undefined && order.length > 0) {
      const to = order[(next + order.length) % order.length];
      moveCursor(to);
      nodes.get(to)?.group.focus();
    } else return;
    event.preventDefault();
  }

  function createNode(peer: string): Node {
    const group = make('g', 'swarm-node');
    const [ring, dot, label] = [make('circle', 'node-ring'), make('circle', 'node-dot'), make('text', 'node-label')];
    group.append(ring, dot, label);
    group.dataset['peer'] = peer;
    marks.append(group);
    return { group, ring, dot, label };
  }

  function createPeerNode(peer: string): Node {
    const node = createNode(peer);
    const { group } = node;
    group.setAttribute('role', 'button');
    group.setAttribute('tabindex', '-1');
    group.dataset['testid'] = `node-${peer}`;
    group.addEventListener('pointerenter', () => onLook(peer));
    group.addEventListener('pointerleave', () => onLook(null));
    group.addEventListener('focus', () => {
      moveCursor(peer);
      onLook(peer);
    });
    group.addEventListener('blur', () => onLook(null));
    group.addEventListener('click', () => onChoose(peer));
    group.addEventListener('keydown', (event) => onKey(event, peer));
    return node;
  }

  function draw(node: Node, labelled: boolean, name: string): void {
    setAttribute(node.dot, 'r', `${radius}`);
    setAttribute(node.ring, 'r', `${radius + 3}`);
    setAttribute(node.label, 'y', `${radius + 17}`);
    setText(node.label, labelled ? (name.length > 14 ? `${name.slice(0, 13)}…` : name) : '');
  }

  function drawPeer(state: SwarmState, peer: LivePeer, shown: string | null, labelled: boolean): void {
    const node = nodes.get(peer.peer) ?? createPeerNode(peer.peer);
    nodes.set(peer.peer, node);
    draw(node, labelled || peer.peer === shown, nameOf(peer));
    setAttribute(node.group, 'data-kind', peer.platform ?? 'unknown');
    setAttribute(node.group, 'data-known', peer.accuracy === null ? 'no' : 'yes');
    setAttribute(node.group, 'aria-pressed', `${peer.peer === shown}`);
    node.dot.style.setProperty('--level', `${Math.round(100 * levelOf(peer.accuracy ?? 0))}%`);
    const measured = peer.accuracy === null ? 'not evaluated yet' : `accuracy ${formatPercent(peer.accuracy, 1)}`;
    setAttribute(node.group, 'aria-label', `${nameOf(peer)}: ${activityOf(state.live, peer)}, round ${formatCount(peer.round)}, ${measured}`);
  }

  function drawGhosts(state: SwarmState): void {
    const gone = new Set(state.departed.map(({ peer }) => peer.peer));
    for (const [peer, { node }] of ghosts) {
      if (gone.has(peer)) continue;
      node.group.remove();
      ghosts.delete(peer);
    }
    for (const { peer } of state.departed) {
      const spot = layout.places.get(peer.peer);
      if (ghosts.has(peer.peer) || spot === undefined || nodes.get(peer.peer)?.group.dataset['kind'] === 'unseen') continue;
      const node = createNode(peer.peer);
      setAttribute(node.group, 'class', 'swarm-node ghost');
      setAttribute(node.group, 'aria-hidden', 'true');
      draw(node, true, `${nameOf(peer).slice(0, 9)} left`);
      ghosts.set(peer.peer, { node, place: { ...spot } });
    }
  }

  /** Peers of which others tell, and which are not connected to whom the page asks. */
  function drawUnseen(peer: string): void {
    const node = nodes.get(peer) ?? createNode(peer);
    nodes.set(peer, node);
    draw(node, false, '');
    setAttribute(node.group, 'data-kind', 'unseen');
    setAttribute(node.group, 'aria-hidden', 'true');
  }

  function drawLinks(state: SwarmState, shown: string | null): void {
    const wanted = new Set<string>();
    for (const { a, b, kind } of state.live.links) {
      const key = keyOf(a, b);
      wanted.add(key);
      let link = links.get(key);
      if (link === undefined) {
        link = { line: make('line', 'swarm-link'), pulse: make('line', 'swarm-pulse'), a, b };
        link.pulse.setAttribute('pathLength', '1');
        lines.append(link.line);
        pulses.append(link.pulse);
        links.set(key, link);
      }
      setAttribute(link.line, 'data-kind', kind);
      setAttribute(link.line, 'data-shown', `${a === shown || b === shown}`);
    }
    for (const [key, { line, pulse }] of links) {
      if (wanted.has(key)) continue;
      line.remove();
      pulse.remove();
      links.delete(key);
    }
  }

  function pulse(state: SwarmState): void {
    if (still.matches || document.hidden) return;
    for (const { from, to } of state.merges.slice(0, MOST_PULSES)) {
      const link = links.get(keyOf(from, to));
      // The dash travels from the line's beginning to its end: backwards where the model did.
      const [start, end] = link?.a === from ? [0.25, -1] : [-1, 0.25];
      link?.pulse.animate([{ strokeDashoffset: start, opacity: 1 }, { strokeDashoffset: end, opacity: 1 }], { duration: PULSE_MS, easing: 'ease-in-out' });
    }
  }

  return {
    update(state, shown) {
      const { live } = state;
      const fresh = state !== shownState;
      shownState = state;
      drawGhosts(state);
      const here = new Map(live.peers.map((peer) => [peer.peer, peer]));
      const unseen = [...new Set(live.links.flatMap(({ a, b }) => [a, b]))].filter((peer) => !here.has(peer));
      for (const [peer, node] of nodes) {
        const known = here.has(peer) || unseen.includes(peer);
        if (known && (node.group.dataset['kind'] === 'unseen') === !here.has(peer)) continue;
        node.group.remove();
        nodes.delete(peer);
        if (cursor === peer) cursor = null;
      }
      radius = radiusFor(live.peers.length + unseen.length, size.width);
      const collator = new Intl.Collator('en', { numeric: true });
      order = [...live.peers].sort((a, b) => collator.compare(nameOf(a), nameOf(b))).map(({ peer }) => peer);
      for (const peer of live.peers) drawPeer(state, peer, shown, live.peers.length <= MOST_LABELS);
      for (const peer of unseen) drawUnseen(peer);
      drawLinks(state, shown);
      if (cursor === null && order.length > 0) moveCursor(order[0]);
      const near = new Set(live.links.flatMap(({ a, b }) => (a === shown ? [b] : b === shown ? [a] : [])));
      for (const [peer, { group }] of nodes) setAttribute(group, 'data-near', shown === null || !here.has(shown) ? 'all' : `${peer === shown || near.has(peer)}`);
      setAttribute(svg, 'data-focused', `${shown !== null && here.has(shown)}`);
      setAttribute(svg, 'aria-label', `${formatCount(live.peers.length)} peers and ${formatCount(live.links.length)} links between them; the table of peers says the same`);
      if (layout.set([...here.keys(), ...unseen], live.links)) settle();
      if (fresh) pulse(state);
    },
    reset() {
      layout = createSwarmLayout();
      for (const { group } of nodes.values()) group.remove();
      for (const { node } of ghosts.values()) node.group.remove();
      for (const link of links.values()) for (const one of [link.line, link.pulse]) one.remove();
      nodes.clear();
      ghosts.clear();
      links.clear();
      cursor = null;
      shownState = null;
    },
  };
}

/** What the picture's marks mean. */
export function createSwarmLegend(): HTMLElement {
  const legend = create('ul', 'swarm-legend');
  const entry = (mark: string, text: string): void => {
    const item = create('li');
    const sample = create('span', `mark ${mark}`);
    sample.setAttribute('aria-hidden', 'true');
    item.append(sample, create('span', '', text));
    legend.append(item);
  };
  entry('mark-scale', 'accuracy: 0 %, 90 %, 99 %');
  entry('mark-node', 'Node agent');
  entry('mark-browser', 'browser tab');
  entry('mark-direct', 'direct link');
  entry('mark-relay', 'relayed link');
  return legend;
}
