/** What the owner sees of his peer, as plain data, and how each message of the worker changes it. Pure. */
import type { ErrorBody } from '../../shared/errors.ts';
import { formatCount, formatLoss } from '../../shared/format.ts';
import type { BackendName } from '../../shared/task/conditions.ts';
import type { ByKind, MeshMetrics } from '../gossip/mesh-events.ts';
import type { WireKind } from '../gossip/wire.ts';
import type { LogLine } from './session-view.ts';
import type { PlainGossipEvent, PlainMeshEvent, WorkerToPage } from './worker-messages.ts';

export type GossipStatus = 'preparing' | 'waiting' | 'learning' | 'finished' | 'leaving' | 'left' | 'failed';

export interface GossipView {
  readonly status: GossipStatus;
  readonly statusText: string;
  /** Whether whoever introduces is there now; null: not asked yet. */
  readonly rendezvous: 'here' | 'away' | null;
  readonly peer: string | null;
  readonly task: string | null;
  readonly backend: BackendName | null;
  readonly stepsPerSecond: number | null;
  readonly round: number;
  readonly losses: readonly { readonly round: number; readonly loss: number }[];
  readonly accuracy: number | null;
  readonly evaluatedIn: number | null;
  /** By peer: how it is reached; null where no channel to it is open now. */
  readonly neighbours: ReadonlyMap<string, WireKind | null>;
  readonly kinds: ReadonlyMap<string, WireKind>;
  readonly merged: readonly string[];
  readonly missed: number;
  readonly metrics: MeshMetrics | null;
  readonly examples: { readonly source: string; readonly examples: number; readonly heldBack: number } | null;
  readonly error: ErrorBody | null;
  /** Newest first. */
  readonly log: readonly LogLine[];
}

const LOG_KEPT = 60;
const LOSSES_KEPT = 1000;

export const NEW_GOSSIP: GossipView = {
  status: 'preparing', statusText: 'Preparing', rendezvous: null, peer: null, task: null, backend: null, stepsPerSecond: null,
  round: 0, losses: [], accuracy: null, evaluatedIn: null, neighbours: new Map(), kinds: new Map(), merged: [], missed: 0, metrics: null, examples: null, error: null, log: [],
};

function logged(view: GossipView, at: number, text: string, tone: LogLine['tone'] = 'plain'): GossipView {
  return { ...view, log: [{ at, text, tone }, ...view.log].slice(0, LOG_KEPT) };
}

const over = ({ status }: GossipView): boolean => status === 'left' || status === 'failed';
const named = (count: number, one: string): string => `${formatCount(count)} ${count === 1 ? one : `${one}s`}`;

function withNeighbours(view: GossipView, change: (neighbours: Map<string, WireKind | null>, kinds: Map<string, WireKind>) => void): GossipView {
  const neighbours = new Map(view.neighbours);
  const kinds = new Map(view.kinds);
  change(neighbours, kinds);
  for (const peer of neighbours.keys()) neighbours.set(peer, kinds.get(peer) ?? null);
  const next = { ...view, neighbours, kinds };
  // Only who has not begun, or has lost everybody, waits.
  if (next.status !== 'waiting' && next.status !== 'learning') return next;
  if (neighbours.size === 0) return { ...next, status: 'waiting', statusText: 'Waiting for peers' };
  return view.status === 'waiting' && view.round > 0 ? { ...next, status: 'learning', statusText: `Round ${view.round + 1}` } : next;
}

function onGossip(view: GossipView, event: PlainGossipEvent, at: number): GossipView {
  switch (event.type) {
    case 'began':
      return logged({ ...view, status: 'learning', statusText: `Round ${event.round + 1}: training`, round: event.round }, at, event.from === null ? 'Begins with the task’s first model' : `Goes on from the model of ${event.from}, in round ${event.round}`, 'good');
    case 'turn': {
      const missed = event.missed.length === 0 ? '' : `; ${named(event.missed.length, 'neighbour')} waited for in vain`;
      const losses = Number.isFinite(event.loss) ? [...view.losses, { round: event.round, loss: event.loss }].slice(-LOSSES_KEPT) : view.losses;
      return logged(
        { ...view, status: 'learning', statusText: `Round ${event.round + 1}: training`, round: event.round, losses, merged: event.merged, missed: event.missed.length },
        at, `Round ${event.round}: training loss ${formatLoss(event.loss)}, averaged with ${named(event.merged.length, 'neighbour')}${missed}`, event.merged.length > 0 ? 'good' : 'plain',
      );
    }
    case 'evaluated':
      return { ...view, accuracy: event.accuracy, evaluatedIn: event.round };
    case 'refused':
      return logged(view, at, `Refused what ${event.from} sent: ${event.error.message}`, 'bad');
    case 'shunned':
      return logged(view, at, `Has nothing to do with ${event.peer} any more: ${event.reason}`, 'bad');
    case 'finished':
      return logged({ ...view, status: 'finished', statusText: 'Finished' }, at, `Finished: ${event.reason}`, 'good');
    case 'error':
      return logged(view, at, `${event.error.message} (${event.error.code})`, 'bad');
  }
}

function onMesh(view: GossipView, event: PlainMeshEvent, at: number): GossipView {
  switch (event.type) {
    case 'introduced':
      return logged({ ...view, rendezvous: 'here' }, at, `Introduced to ${named(event.peers.length, 'peer')}`, 'good');
    case 'introducer-lost':
      return logged({ ...view, rendezvous: 'away' }, at, `The rendezvous is away (${event.reason}); learning goes on`);
    case 'introducer-failed':
      // It is called again and again; only who is in already can say that it went away.
      return view.peer === null ? logged({ ...view, statusText: 'The rendezvous does not answer' }, at, event.error.message, 'bad') : { ...view, rendezvous: 'away' };
    case 'channel-opened':
      return withNeighbours(view, (_, kinds) => kinds.set(event.peer, event.kind));
    case 'channel-closed':
      return withNeighbours(view, (_, kinds) => kinds.delete(event.peer));
    case 'neighbour': {
      const there = event.is === 'there';
      const next = withNeighbours(view, (neighbours) => (there ? void neighbours.set(event.peer, null) : void neighbours.delete(event.peer)));
      return logged(next, at, there ? `Neighbour ${event.peer}` : `Neighbour ${event.peer} is gone`, there ? 'plain' : 'bad');
    }
    case 'refused':
      return logged(view, at, `Refused ${event.peer}: ${event.error.message}`, 'bad');
    case 'dial-failed':
    case 'suspected':
    case 'shunned':
      return view;
  }
}

/** The owner pressed the button. */
export function leavingGossip(view: GossipView, at: number): GossipView {
  return logged({ ...view, status: 'leaving', statusText: 'Leaving: saying goodbye' }, at, 'Leaving');
}

export function onGossipMessage(view: GossipView, message: WorkerToPage, at: number): GossipView {
  if (over(view)) return view;
  const next = changed(view, message, at);
  // While leaving, only the end is news.
  return view.status === 'leaving' && !over(next) ? { ...next, status: view.status, statusText: view.statusText } : next;
}

function changed(view: GossipView, message: WorkerToPage, at: number): GossipView {
  switch (message.type) {
    case 'preparing':
      return logged({ ...view, statusText: message.text }, at, message.text);
    case 'data': {
      const { source, examples, heldBack } = message;
      const held = heldBack === 0 ? ', none held back: this peer cannot evaluate' : `, ${formatCount(heldBack)} held back to evaluate`;
      return logged({ ...view, examples: { source, examples, heldBack } }, at, `${formatCount(examples)} examples from ${source}${held}`);
    }
    case 'backend': {
      const speed = message.stepsPerSecond === null ? '' : `, ${formatCount(message.stepsPerSecond)} steps a second`;
      return logged({ ...view, backend: message.backend, stepsPerSecond: message.stepsPerSecond }, at, `Computes on ${message.backend}${speed}`);
    }
    case 'joined':
      return logged({ ...view, peer: message.peer, task: message.task, status: 'waiting', statusText: 'Waiting for peers' }, at, `In the swarm as ${message.peer}`, 'good');
    case 'gossip':
      return onGossip(view, message.event, at);
    case 'mesh':
      return onMesh(view, message.event, at);
    case 'metrics':
      return { ...view, metrics: message.metrics };
    case 'model':
      return logged(view, at, `The model of round ${message.round} was handed out as a file`);
    case 'note':
      return logged(view, at, message.text);
    case 'left':
      return logged({ ...view, status: 'left', statusText: 'You have left' }, at, 'The session is closed');
    case 'failed':
      return logged({ ...view, status: 'failed', statusText: 'Stopped by an error', error: message.error }, at, `${message.error.message} (${message.error.code})`, 'bad');
    case 'conditions-wanted':
    case 'webrtc-wanted':
    case 'event':
    case 'not-agreed':
      return view;
  }
}

export const inAll = (bytes: ByKind): number => bytes.webrtc + bytes.relay + bytes.memory;

/** For people: how the neighbours are reached. */
export function describeLinks({ neighbours }: GossipView): string {
  if (neighbours.size === 0) return 'nobody yet';
  const relayed = [...neighbours.values()].filter((kind) => kind === 'relay').length;
  return relayed === 0 ? 'all direct' : `${formatCount(neighbours.size - relayed)} direct, ${formatCount(relayed)} relayed`;
}

export const describeAccuracy = ({ accuracy, evaluatedIn, examples }: GossipView): string =>
  accuracy === null ? (examples !== null && examples.heldBack === 0 ? 'no examples are held back' : 'not evaluated yet') : `own held-out examples, round ${formatCount(evaluatedIn)}`;
