/** What an edge session is given: everything that differs by platform. */
import type { Clock } from '../../shared/clock.ts';
import type { EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Dataset } from '../../shared/model/examples.ts';
import type { Trainer } from '../../shared/model/trainer.ts';
import type { Link } from '../../shared/protocol/link.ts';
import type { Assign, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Capabilities, Conditions } from '../../shared/task/conditions.ts';
import type { TaskSpec, TrainedTask } from '../../shared/task/task-spec.ts';
import type { ConditionsReader } from '../device/conditions-reader.ts';
import type { DatasetSource } from '../datasets/dataset-source.ts';
import type { Breather } from '../training/breather.ts';
import type { CheckpointSource } from './checkpoints.ts';
import type { EdgeStateStore } from './edge-state-store.ts';
import type { EdgeEvent } from './events.ts';
import type { OwnModel } from './own-models.ts';

/** An Ed25519 pair, 32 bytes each; kept by the edge (a file, IndexedDB), never sent. */
export interface EdgeIdentity {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Builds the trainer of one task; the session keeps it warm and disposes it. Not asked for tasks without a model. */
export type TrainerFactory = (spec: TrainedTask, dataset: Dataset) => Promise<Trainer>;

export interface EdgeSessionOptions {
  /** One attempt to reach the coordinator. */
  readonly connect: (signal: AbortSignal) => Promise<Link<EdgeToCoordinator>>;
  readonly identity: EdgeIdentity;
  /** For people: a host's name, `Chromium tab`. */
  readonly name: string;
  readonly role?: 'edge' | 'aggregator';
  readonly enrolmentToken?: string;
  readonly checkpoints: CheckpointSource;
  readonly conditions: ConditionsReader;
  readonly capabilities: () => Promise<Capabilities>;
  /** The data for a task, or null where this edge has none for it. */
  readonly datasetFor: (task: TaskId, spec: TaskSpec) => DatasetSource | null;
  readonly createTrainer: TrainerFactory;
  /** The owner lets a task that asks know how many examples of each class this edge holds; no unless said otherwise. */
  readonly shareLabels?: boolean;
  /** What gives others their turn while a task without a model computes; by the event loop unless said otherwise. For simulations, whose time is another. */
  readonly createBreather?: () => Breather;
  readonly state: EdgeStateStore;
  /** The owner's say: a reason to decline an assignment, or null to take it. */
  readonly decline?: (assign: Assign, conditions: Conditions) => string | null;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** What names the frames that go in chunks. For simulations, which must be the same each time. */
  readonly randomBytes?: (count: number) => Uint8Array;
  readonly logger: Logger;
  readonly onEvent?: (event: EdgeEvent) => void;
}

export interface EdgeSession {
  /** Set once the session is open. */
  readonly edge: EdgeId | null;
  /** Resolves when the session ended: after `stop`, or rejected by an error that no retry mends (revoked, bad token, unsupported version). */
  readonly finished: Promise<void>;
  /** What this edge can use itself: of that task, or of the one that it worked on last; null before it worked. */
  ownModel(task?: TaskId): Promise<OwnModel | null>;
  start(): Promise<void>;
  /** Leaves: gives back an assignment in hand, says goodbye, frees the trainers. */
  stop(): Promise<void>;
}
