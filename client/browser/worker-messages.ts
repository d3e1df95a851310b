/** What the join page and its worker say to each other. The page owns the device's conditions, the worker owns the session. */
import type { ErrorBody, MurmurError } from '../../shared/errors.ts';
import type { BackendName, Conditions } from '../../shared/task/conditions.ts';
import type { GossipTask, TaskSpec } from '../../shared/task/task-spec.ts';
import type { DroppedFile } from '../datasets/browser/dropped-files.ts';
import type { EdgeEvent } from '../edge/events.ts';
import type { GossipEvent } from '../gossip/events.ts';
import type { IceServer } from '../gossip/introducer.ts';
import type { MeshEvent, MeshMetrics } from '../gossip/mesh-events.ts';

/** A sample that the coordinator hands out for trying: two IDX files. */
export interface DemoData {
  /** URLs, absolute. */
  readonly images: string;
  readonly labels: string;
  readonly description: string;
}

/** Where the examples come from. Files are handles: the worker reads them, and nothing sends them on. */
export type DataChoice =
  | { readonly kind: 'demo'; readonly demo: DemoData }
  | { readonly kind: 'files'; readonly files: readonly DroppedFile[]; readonly chosenClass: string | null };

interface CommonOptions {
  /** The coordinator's base URL. */
  readonly url: string;
  readonly name: string;
  /** The owner's wish; null: the fastest, measured. */
  readonly backend: BackendName | null;
  readonly enrolmentToken: string | null;
  readonly data: DataChoice;
}

export interface StartOptions extends CommonOptions {
  /** The tasks that the owner agreed to; others are left alone. */
  readonly tasks: readonly TaskSpec[];
  /** Whether a task that asks is told how many examples of each class there are. */
  readonly shareLabels: boolean;
}

export interface GossipStartOptions extends CommonOptions {
  /** What the owner agreed to; a swarm that learns anything else is not joined. */
  readonly task: GossipTask;
}

/** The owner agreed. Once, first. */
export type StartMessage = { readonly type: 'start'; readonly options: StartOptions } | { readonly type: 'start-gossip'; readonly options: GossipStartOptions };

/** An event without its error's stack: that one does not leave the worker. */
type Plain<Event> = Event extends { readonly error: MurmurError } ? Omit<Event, 'error'> & { readonly error: ErrorBody } : Event;
export type PlainGossipEvent = Plain<GossipEvent>;
export type PlainMeshEvent = Plain<MeshEvent>;

export type PageToWorker =
  | StartMessage
  /** Answered by `model`, where there is one yet. */
  | { readonly type: 'export' }
  /** The answer to `conditions-wanted` of the same id. */
  | { readonly type: 'conditions'; readonly id: number; readonly conditions: Conditions }
  /** Give back what is in hand, say goodbye, then answer `left`. */
  | { readonly type: 'leave' };

export type WorkerToPage =
  | { readonly type: 'conditions-wanted'; readonly id: number }
  /** A step before the session, for people. */
  | { readonly type: 'preparing'; readonly text: string }
  | { readonly type: 'data'; readonly task: string; readonly source: string; readonly examples: number; readonly heldBack: number }
  | { readonly type: 'backend'; readonly backend: BackendName; readonly stepsPerSecond: number | null }
  | { readonly type: 'event'; readonly event: EdgeEvent }
  /** The coordinator offers a task that the owner has not agreed to. */
  | { readonly type: 'not-agreed'; readonly task: string }
  /** The worker has joined a swarm and needs the page's WebRTC, at the other end of the port. */
  | { readonly type: 'webrtc-wanted'; readonly port: MessagePort; readonly iceServers: readonly IceServer[] }
  | { readonly type: 'joined'; readonly peer: string; readonly task: string }
  | { readonly type: 'gossip'; readonly event: PlainGossipEvent }
  | { readonly type: 'mesh'; readonly event: PlainMeshEvent }
  | { readonly type: 'metrics'; readonly metrics: MeshMetrics }
  /** The model as it is now, as safetensors: a peer's of that round, or what an edge can use itself, of or from that version. */
  | { readonly type: 'model'; readonly task: string; readonly round: number; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Something to know that ends nothing. */
  | { readonly type: 'note'; readonly text: string }
  /** The session is over by the owner's wish. */
  | { readonly type: 'left' }
  /** The session is over, or never began, by an error that no retry mends. */
  | { readonly type: 'failed'; readonly error: ErrorBody };
