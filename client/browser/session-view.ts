/** What the owner sees of his edge, as plain data, and how each message of the worker changes it. Pure. */
import type { ErrorBody } from '../../shared/errors.ts';
import { formatBytes, formatCount, formatLoss, formatPercent } from '../../shared/format.ts';
import type { Evaluation } from '../../shared/model/trainer.ts';
import type { BackendName, Conditions } from '../../shared/task/conditions.ts';
import type { EdgeEvent } from '../edge/events.ts';
import type { WorkerToPage } from './worker-messages.ts';

export type SessionStatus = 'preparing' | 'connecting' | 'waiting' | 'downloading' | 'training' | 'reporting' | 'away' | 'leaving' | 'left' | 'failed';

export interface LogLine {
  readonly at: number;
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad';
}

export interface SessionView {
  readonly status: SessionStatus;
  readonly statusText: string;
  readonly edge: string | null;
  readonly backend: BackendName | null;
  readonly stepsPerSecond: number | null;
  readonly task: string | null;
  readonly round: number | null;
  readonly progress: { readonly step: number; readonly steps: number } | null;
  /** Of the training in hand. */
  readonly loss: number | null;
  /** By task: the loss of each report, in order. */
  readonly losses: Readonly<Record<string, readonly { readonly round: number; readonly loss: number }[]>>;
  readonly reports: { readonly accepted: number; readonly late: number; readonly duplicate: number };
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Announced when its outcome is known. */
  readonly bytesInHand: number;
  readonly conditions: Conditions | null;
  readonly examples: Readonly<Record<string, { readonly source: string; readonly examples: number; readonly heldBack: number }>>;
  readonly version: number | null;
  readonly error: ErrorBody | null;
  /** Newest first. */
  readonly log: readonly LogLine[];
}

const LOG_KEPT = 60;
const LOSSES_KEPT = 500;

export const NEW_SESSION: SessionView = {
  status: 'preparing',
  statusText: 'Preparing',
  edge: null,
  backend: null,
  stepsPerSecond: null,
  task: null,
  round: null,
  progress: null,
  loss: null,
  losses: {},
  reports: { accepted: 0, late: 0, duplicate: 0 },
  bytesSent: 0,
  bytesReceived: 0,
  bytesInHand: 0,
  conditions: null,
  examples: {},
  version: null,
  error: null,
  log: [],
};

function logged(view: SessionView, at: number, text: string, tone: LogLine['tone'] = 'plain'): SessionView {
  return { ...view, log: [{ at, text, tone }, ...view.log].slice(0, LOG_KEPT) };
}

const WAITING = { status: 'waiting', statusText: 'Waiting for a round', progress: null } as const;

const seconds = (ms: number): string => `${formatCount(Math.ceil(ms / 1000))} s`;

function withReport(view: SessionView, event: Extract<EdgeEvent, { type: 'reported' }>, at: number): SessionView {
  const { task, round, outcome, loss } = event;
  const past = view.losses[task] ?? [];
  const losses = loss === null ? view.losses : { ...view.losses, [task]: [...past, { round, loss }].slice(-LOSSES_KEPT) };
  const next: SessionView = {
    ...view,
    ...WAITING,
    losses,
    reports: { ...view.reports, [outcome]: view.reports[outcome] + 1 },
    bytesSent: view.bytesSent + view.bytesInHand,
    bytesInHand: 0,
  };
  const words = { accepted: 'was merged', late: 'came too late and was not counted', duplicate: 'had been merged before' }[outcome];
  return logged(next, at, `The report of round ${round} ${words}${loss === null ? '' : `; training loss ${formatLoss(loss)}`}`, outcome === 'accepted' ? 'good' : 'plain');
}

function onEvent(view: SessionView, event: EdgeEvent, at: number): SessionView {
  switch (event.type) {
    case 'connecting': {
      const again = event.attempt > 1 ? ` (attempt ${event.attempt})` : '';
      return { ...view, status: 'connecting', statusText: `Calling the coordinator${again}` };
    }
    case 'connected':
      return logged({ ...view, ...WAITING, edge: event.edge }, at, `Connected as ${event.edge}`, 'good');
    case 'disconnected': {
      const retry = event.retryInMs === null ? '' : `; trying again in ${seconds(event.retryInMs)}`;
      return logged({ ...view, status: 'away', statusText: 'The coordinator is away', progress: null }, at, `Disconnected: ${event.reason}${retry}`, 'bad');
    }
    case 'checked-in':
      // The answer to a check-in may come while an assignment is in hand already.
      return { ...view, conditions: event.conditions, ...(view.status === 'connecting' || view.status === 'away' ? WAITING : {}) };
    case 'assigned':
      return logged({ ...view, status: 'downloading', statusText: `Round ${event.round}: fetching the model`, task: event.task, round: event.round, progress: null, loss: null }, at, `Selected for round ${event.round} of ${event.task}`);
    case 'declined':
      return logged({ ...view, ...WAITING }, at, `Declined a round of ${event.task}: ${event.reason}`);
    case 'downloading':
      return { ...view, bytesReceived: view.bytesReceived + event.bytes };
    case 'evaluated': {
      const words = ({ accuracy, loss }: Evaluation): string => (accuracy === null ? `loss ${formatLoss(loss)}` : `accuracy ${formatPercent(accuracy, 1)}`);
      const own = event.personal === null ? '' : `; this edge’s own: ${words(event.personal)}`;
      return logged(view, at, `Version ${event.version} on ${formatCount(event.shared.examples)} examples held back: ${words(event.shared)}${own}`);
    }
    case 'training': {
      const { task, round, step, steps, loss } = event;
      const text = `Round ${round}: training${steps > 0 ? `, ${formatPercent(step / steps, 0)}` : ''}`;
      return { ...view, status: 'training', statusText: text, task, round, progress: { step, steps }, loss: loss ?? view.loss };
    }
    case 'reporting':
      return { ...view, status: 'reporting', statusText: `Round ${event.round}: sending the weight update`, progress: null, bytesInHand: event.bytes };
    case 'reported':
      return withReport(view, event, at);
    case 'released':
      return logged({ ...view, ...WAITING, bytesInHand: 0 }, at, `Round ${event.round} goes on without this edge: ${event.reason}`);
    case 'version':
      return logged({ ...view, version: event.version }, at, `Version ${event.version} of ${event.task} was made in round ${event.round}`);
    case 'error':
      return logged(view, at, `${event.error.message} (${event.error.code})`, 'bad');
    case 'left':
      return logged({ ...view, status: 'left', statusText: 'You have left', progress: null }, at, 'Left');
  }
}

/** The owner pressed the button; the worker gives back what it has in hand. */
export function leaving(view: SessionView, at: number): SessionView {
  return logged({ ...view, status: 'leaving', statusText: 'Leaving: giving back the assignment', progress: null }, at, 'Leaving');
}

export function onMessage(view: SessionView, message: WorkerToPage, at: number): SessionView {
  // Once it is over nothing brings it back, and while leaving only the end is news.
  if (view.status === 'left' || view.status === 'failed') return view;
  switch (message.type) {
    case 'conditions-wanted':
    case 'webrtc-wanted':
    case 'joined':
    case 'gossip':
    case 'mesh':
    case 'metrics':
      return view;
    case 'model':
      return logged(view, at, `Your model, made of version ${message.round}, was handed out as a file`);
    case 'preparing':
      return logged({ ...view, statusText: message.text }, at, message.text);
    case 'data': {
      const { task, source, examples, heldBack } = message;
      const held = heldBack === 0 ? '' : `, ${formatCount(heldBack)} held back to validate`;
      return logged({ ...view, examples: { ...view.examples, [task]: { source, examples, heldBack } } }, at, `${formatCount(examples)} examples from ${source}${held}`);
    }
    case 'backend': {
      const speed = message.stepsPerSecond === null ? '' : `, ${formatCount(message.stepsPerSecond)} steps a second`;
      return logged({ ...view, backend: message.backend, stepsPerSecond: message.stepsPerSecond }, at, `Computes on ${message.backend}${speed}`);
    }
    case 'event': {
      const next = onEvent(view, message.event, at);
      return view.status === 'leaving' && next.status !== 'left' ? { ...next, status: view.status, statusText: view.statusText, progress: null } : next;
    }
    case 'not-agreed':
      return logged(view, at, `The coordinator also offers ${message.task}, which you have not agreed to: it is left alone`);
    case 'note':
      return logged(view, at, message.text);
    case 'left':
      return logged({ ...view, status: 'left', statusText: 'You have left', progress: null }, at, 'The session is closed');
    case 'failed':
      return logged({ ...view, status: 'failed', statusText: 'Stopped by an error', progress: null, error: message.error }, at, `${message.error.message} (${message.error.code})`, 'bad');
  }
}

/** For people: `6.4 MB`, as sent in reports so far. */
export const sentInAll = (view: SessionView): string => formatBytes(view.bytesSent);
