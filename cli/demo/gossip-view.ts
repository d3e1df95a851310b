/** Shows a swarm's progress: a live picture on a terminal, lines elsewhere, JSON for machines. */
import { formatBytes, formatDistance, formatDuration, formatPercent } from '../../shared/format.ts';
import { accuraciesOf } from '../../shared/protocol/swarm-history.ts';
import { nameOf, roundsPerMinute, withSwarm, type SwarmState } from '../../shared/protocol/swarm-state.ts';
import type { LiveSwarm } from '../../shared/protocol/live-swarm.ts';
import type { Output } from '../output.ts';
import { createLivePicture } from './live-picture.ts';
import type { Room } from './screen.ts';
import { fitLine, padVisible, type Style } from './style.ts';
import { canDraw, createTerminal, hasColour } from './terminal.ts';

const LABEL = 10;

export interface GossipProgress {
  /** A line for good, or an event for machines. */
  note(text: string, event: object): void;
  swarm(swarm: LiveSwarm): void;
  /** Leaves the last picture standing. */
  close(): void;
}

export interface GossipViewOptions {
  readonly url: string;
  readonly task: string;
  readonly target: number;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
}

export interface SwarmFigures {
  /** The rounds that the peers have ended: of the one furthest behind, and of the furthest ahead. */
  readonly round: number;
  readonly furthest: number;
  readonly accuracy: number | null;
  readonly worst: number | null;
  readonly worstPeer: string | null;
  readonly consensusDistance: number | null;
  readonly peers: number;
  readonly links: number;
  readonly relayed: number;
  readonly roundsPerMinute: number | null;
  readonly bytesSent: number;
}

export function figuresOf({ live, history }: SwarmState): SwarmFigures {
  const { mean, worst } = accuraciesOf(live);
  const rounds = live.peers.map(({ round }) => round);
  const pace = roundsPerMinute(history);
  return {
    round: rounds.length === 0 ? 0 : Math.min(...rounds), furthest: Math.max(0, ...rounds),
    accuracy: mean, worst: worst?.accuracy ?? null, worstPeer: worst === null ? null : nameOf(worst),
    consensusDistance: live.consensusDistance, peers: live.peersInAll, links: live.links.length, relayed: live.links.filter(({ kind }) => kind === 'relay').length,
    roundsPerMinute: pace === null ? null : Math.round(10 * pace) / 10, bytesSent: live.peers.reduce((sum, { bytesSent }) => sum + (bytesSent ?? 0), 0),
  };
}

export function describeFigures(figures: SwarmFigures): string {
  const { round, furthest, accuracy, worst, consensusDistance, peers, links, relayed, roundsPerMinute: pace, bytesSent } = figures;
  return [
    `round ${round}${furthest > round ? ` to ${furthest}` : ''}`,
    `accuracy ${formatPercent(accuracy)}, worst ${formatPercent(worst)}`,
    `distance ${formatDistance(consensusDistance)}`,
    `${peers} ${peers === 1 ? 'peer' : 'peers'}, ${links} links${relayed === 0 ? '' : `, ${relayed} relayed`}`,
    `${pace ?? '–'} rounds a minute`,
    `${formatBytes(bytesSent)} sent`,
  ].join(', ');
}

/** The live view as lines of text: never more than `rows - 1`, none wider than `columns - 1`. */
export function renderSwarm(state: SwarmState, { url, task, target }: GossipViewOptions, elapsedMs: number, style: Style, room: Room): readonly string[] {
  const figures = figuresOf(state);
  const width = Math.max(20, room.columns - 1);
  const line = (label: string, text: string): string => `${style.dim(label.padEnd(LABEL))}${text}`;
  const worst = figures.worstPeer === null ? '' : `   worst ${formatPercent(figures.worst)} (${printable(figures.worstPeer)})`;
  const head = [
    `${style.bold('Murmuration')} ${style.dim('·')} ${task} ${style.dim('· gossip')}   ${style.cyan(`${url}/`)}`,
    '',
    line('peers', `${figures.peers} connected, ${figures.links} links${figures.relayed === 0 ? '' : `, ${figures.relayed} relayed`}`),
    line('round', `${figures.round}${figures.furthest > figures.round ? ` to ${figures.furthest}` : ''}   ${figures.roundsPerMinute ?? '–'} rounds a minute`),
    line('accuracy', `${style.bold(formatPercent(figures.accuracy))} mean of the peers on their own held-out digits${worst}`),
    line('distance', `${formatDistance(figures.consensusDistance)} of the models to their mean`),
    line('bytes', `${formatBytes(figures.bytesSent)} sent between peers`),
    line('time', `${formatDuration(elapsedMs)}, until the mean model reads ${formatPercent(target, 0)} of the test digits`),
  ];
  const free = room.rows - 2 - head.length;
  const collator = new Intl.Collator('en', { numeric: true });
  const sorted = [...state.live.peers].sort((a, b) => collator.compare(nameOf(a), nameOf(b)));
  const shown = sorted.length > free ? sorted.slice(0, Math.max(0, free - 1)) : sorted;
  const names = Math.min(24, Math.max(0, ...shown.map((peer) => printable(nameOf(peer)).length)));
  const peers = shown.map((peer) => `  ${padVisible(fitLine(printable(nameOf(peer)), names), names)}  ${`round ${peer.round}`.padEnd(10)} ${formatPercent(peer.accuracy).padStart(8)}  ${style.dim(`averaged with ${peer.merged.length}`)}`);
  const more = sorted.length > shown.length && free > 1 ? [style.dim(`  and ${sorted.length - shown.length} more`)] : [];
  return [...head, '', ...peers, ...more].slice(0, Math.max(1, room.rows - 1)).map((text) => fitLine(text, width));
}

/** A peer names itself as it likes; what a terminal would obey must not reach it. */
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '');

export function createGossipView(output: Output, options: GossipViewOptions, stream: NodeJS.WriteStream = process.stdout, env: NodeJS.ProcessEnv = process.env): GossipProgress {
  let state: SwarmState | null = null;
  if (output.json || !canDraw(stream, env)) {
    let told = -1;
    return {
      note: (text, event) => output.event(event, text),
      swarm(live) {
        state = withSwarm(state, live);
        const figures = figuresOf(state);
        // A line a round: when the last peer has ended it.
        if (figures.round <= told || figures.accuracy === null) return;
        told = figures.round;
        output.event({ event: 'swarm', ...figures }, describeFigures(figures));
      },
      close: () => undefined,
    };
  }
  const picture = createLivePicture(createTerminal(stream), hasColour(stream, env), (style, room) => (state === null ? null : renderSwarm(state, options, performance.now() - options.startedAt, style, room)));
  return {
    note: (text) => picture.note(text),
    swarm(live) {
      state = withSwarm(state, live);
      picture.draw();
    },
    close: () => picture.close(),
  };
}
