/**
 * What must be remembered, behind an asynchronous interface: SQLite is the embedded
 * default, PostgreSQL can stand behind it. Every implementation passes
 * `test/conformance/store.ts`.
 */
import type { Digest, EdgeId, TaskId } from '../../shared/ids.ts';
import type { FederatedEvaluation } from '../../shared/evaluation/summary.ts';
import type { TrackRecord } from '../../shared/selection/track-record.ts';
import type { AnyTask } from '../../shared/task/task-spec.ts';
import type { FindingRecord } from '../diagnosis/finding-record.ts';
import type { DecisionFacts } from '../selection/decision.ts';

export type TaskStatus = 'created' | 'running' | 'stopped' | 'finished';

export interface TaskRecord {
  readonly id: TaskId;
  readonly spec: AnyTask;
  readonly status: TaskStatus;
  /** Why it is stopped or finished, for people. */
  readonly statusReason: string | null;
  readonly createdAt: number;
}

/** The right to drive one task; the fence grows with every acquisition, and a stale one is refused. */
export interface Lease {
  readonly task: TaskId;
  readonly holder: string;
  readonly fence: number;
  readonly expiresAt: number;
}

export interface RoundRecord {
  readonly round: number;
  readonly outcome: 'running' | 'committed' | 'aborted';
  /** Why it was aborted; null otherwise. */
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly baseVersion: number;
  /** The version that it committed; null otherwise. */
  readonly version: number | null;
  readonly eligible: number;
  readonly selected: number;
  readonly reported: number;
  /** How many considered edges were not chosen, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Bytes of reports and of checkpoints. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Milliseconds spent in each phase so far. */
  readonly phaseMs: Readonly<Record<string, number>>;
}

export interface RoundTotals {
  /** Rounds that made a version. Versions may be more: those that were adopted were made by none. */
  readonly committed: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** One edge in one round: selected or considered, and why. */
export interface ParticipationRecord {
  readonly edge: EdgeId;
  readonly assignment: string | null;
  readonly status: 'rejected' | 'not-drawn' | 'assigned' | 'configured' | 'reported' | 'declined' | 'withdrawn' | 'lost' | 'late' | 'released' | 'refused';
  /** The criterion that failed with value and threshold, the draw, or what ended it. */
  readonly reason: string;
  readonly examples: number | null;
  readonly at: number;
  /** What the decision rests on; null leaves what was stored before, and is what there is of decisions that kept none. */
  readonly facts: DecisionFacts | null;
}

export interface VersionRecord {
  readonly version: number;
  readonly round: number;
  readonly checkpoint: Digest;
  readonly bytes: number;
  /** Blob of the algorithm's server state at this version. */
  readonly serverState: Digest;
  readonly createdAt: number;
  /** accuracy, loss, trainLoss, …; by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Where it comes from, for people, of a version that no round of the task made; left out of all others. */
  readonly origin?: string;
  /** What edges found of it on the examples that they hold back: stored by the round that went on from it. Left out of all others. */
  readonly evaluation?: FederatedEvaluation;
}

/** What one step says of one round. */
export interface RoundPart {
  readonly round?: RoundRecord;
  /** Of this part's round, else of the newest stored one. One record an edge and assignment: a later one replaces it. */
  readonly participations?: readonly ParticipationRecord[];
  /** The round's journal key: set when its segment is opened, null destroys it. */
  readonly roundKey?: { readonly round: number; readonly key: Uint8Array | null };
}

/** One step of a task's machine, stored whole or not at all. */
export interface Transition extends RoundPart {
  /** The machine's state: plain JSON. */
  readonly state: unknown;
  /** Where a step concerns further rounds: without a barrier one begins as another closes. */
  readonly alongside?: readonly RoundPart[];
  /** Stored again, a version may bring new metrics and nothing else. */
  readonly version?: VersionRecord;
  /** What was found of a version that is stored already. */
  readonly evaluated?: { readonly version: number; readonly evaluation: FederatedEvaluation };
  /** Names that stand for these versions from now on; others stay as they are. */
  readonly labels?: Readonly<Record<string, number>>;
  readonly status?: { readonly status: TaskStatus; readonly reason: string | null };
  /** Records that changed; one an edge, a later one replaces it. */
  readonly tracks?: readonly TrackRecord[];
  /** One a reading, subject and round in which it was found; a later one replaces it. */
  readonly findings?: readonly FindingRecord[];
  /** The sampler's memory: plain JSON. */
  readonly samplerMemory?: unknown;
}

export interface EdgeRecord {
  readonly id: EdgeId;
  /** 32 bytes, hexadecimal. */
  readonly publicKey: string;
  readonly name: string;
  readonly role: 'edge' | 'aggregator';
  readonly enrolledAt: number;
  readonly revokedAt: number | null;
}

export interface Store {
  /** @throws conflict when a task of that name exists. */
  createTask(task: TaskRecord): Promise<void>;
  getTask(id: TaskId): Promise<TaskRecord | null>;
  /** Oldest first. */
  listTasks(): Promise<readonly TaskRecord[]>;

  /** null while somebody else holds an unexpired lease; the same holder gets a new fence. @throws not_found */
  acquireLease(task: TaskId, holder: string, ttlMs: number, now: number): Promise<Lease | null>;
  /** Also of an expired lease that nobody took meanwhile. @throws lease_lost */
  renewLease(lease: Lease, ttlMs: number, now: number): Promise<Lease>;
  /** No error for a lease that is lost. */
  releaseLease(lease: Lease): Promise<void>;

  /** One transaction. @throws lease_lost when the lease's fence is not the newest, or it was given back; conflict for a version that is stored with another checkpoint. */
  saveTransition(lease: Lease, transition: Transition): Promise<void>;
  /** The machine's state as saved last; null before the first transition. */
  loadState(task: TaskId): Promise<unknown>;
  /** As saved last; null before that. */
  loadSamplerMemory(task: TaskId): Promise<unknown>;
  /** By edge. */
  listTracks(task: TaskId): Promise<readonly TrackRecord[]>;
  loadRoundKey(task: TaskId, round: number): Promise<Uint8Array | null>;
  /** Those that stand, or all, up to the newest thousand; by the round in which they were found, oldest first. */
  listFindings(task: TaskId, options: { readonly standing: boolean }): Promise<readonly FindingRecord[]>;

  getRound(task: TaskId, round: number): Promise<RoundRecord | null>;
  /** Newest first. */
  listRounds(task: TaskId, options: { readonly limit: number; readonly before?: number }): Promise<readonly RoundRecord[]>;
  /** Sums over all of the task's rounds; zeros where there are none. */
  totals(task: TaskId): Promise<RoundTotals>;
  /** In the order in which they were first stored. */
  listParticipations(task: TaskId, round: number): Promise<readonly ParticipationRecord[]>;
  /** The newest record of one edge's assignment: without a barrier it ends in a later round than it was given in. null: there is none. */
  newestParticipation(task: TaskId, edge: EdgeId, assignment: string): Promise<ParticipationRecord | null>;
  /** The newest assignment of that edge whose report is in a version that a round made since the last one was adopted; null: none is. */
  lastCounted(task: TaskId, edge: EdgeId): Promise<string | null>;
  getVersion(task: TaskId, version: number): Promise<VersionRecord | null>;
  latestVersion(task: TaskId): Promise<VersionRecord | null>;
  /** Newest first. */
  listVersions(task: TaskId, options: { readonly limit: number; readonly before?: number }): Promise<readonly VersionRecord[]>;
  /** The versions that have names. */
  listLabels(task: TaskId): Promise<Readonly<Record<string, number>>>;

  /** @throws conflict when the id exists with another key; the same id and key again is no error and changes nothing. */
  addEdge(edge: EdgeRecord): Promise<void>;
  getEdge(id: EdgeId): Promise<EdgeRecord | null>;
  /** By id, from behind `after`. */
  listEdges(options: { readonly limit: number; readonly after?: EdgeId }): Promise<readonly EdgeRecord[]>;
  /** The first revocation stands. @throws not_found */
  revokeEdge(id: EdgeId, at: number): Promise<void>;

  close(): Promise<void>;
}
