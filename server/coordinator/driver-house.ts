/** What a task's driver is given, and what it gives: `task-driver.ts` is the one that there is. */
import type { Algorithm, ServerState } from '../../shared/algorithms/algorithm.ts';
import type { Clock } from '../../shared/clock.ts';
import type { AssignmentId, EdgeId, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import type { ReportOutcome, ReportReply } from '../../shared/protocol/messages.ts';
import type { LiveRound, LiveTask } from '../../shared/protocol/live-view.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Service } from '../../shared/service.ts';
import type { StatisticSchema } from '../../shared/statistics/statistic.ts';
import type { TaskSpec } from '../../shared/task/task-spec.ts';
import type { Layout } from '../../shared/tensors/layout.ts';
import type { FindingRecord } from '../diagnosis/finding-record.ts';
import type { TaskHistory } from '../diagnosis/history.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import type { BlobStore } from '../storage/blobs.ts';
import type { ReportJournal } from '../storage/journal.ts';
import type { Lease, RoundTotals, Store, TaskStatus, VersionRecord } from '../storage/store.ts';
import type { OnPoint } from './points.ts';
import type { Population } from './population.ts';
import type { Standing } from './standing.ts';
import type { RoundState } from './round-state.ts';

/** What a driver is given: the house around it. */
export interface DriverHouse {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly journal: ReportJournal;
  readonly population: Population;
  readonly evaluator: Pick<Evaluator, 'evaluate'>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly logger: Logger;
  readonly onPoint?: OnPoint;
  /** Something visible changed. */
  readonly onChange: () => void;
  /** `merged`: the assignments whose reports are in its version; none where it was aborted. */
  readonly onRoundEnded: (task: TaskId, round: LiveRound, merged: readonly AssignmentId[]) => void;
  /** The task finished, or cannot go on. */
  readonly onEnded: (task: TaskId, status: TaskStatus, reason: string) => void;
}

/** What is driven: the task with everything that was worked out of its spec. */
export interface DrivenTask {
  readonly id: TaskId;
  readonly spec: TaskSpec;
  readonly algorithm: Algorithm;
  readonly config: unknown;
  readonly layout: Layout;
  readonly schema: StatisticSchema;
  /** The newest version with its server state. */
  readonly version: VersionRecord;
  readonly serverState: ServerState;
  /** Of its versions so far. */
  readonly standing: Standing;
  /** Of the rounds so far. */
  readonly totals: RoundTotals;
  readonly lease: Lease;
}

export interface TaskDriver extends Service {
  readonly task: TaskId;
  view(): LiveTask;
  /** The machine's state, for tests and logs. */
  state(): RoundState;
  /** What stands wrong with the task. */
  findings(): readonly FindingRecord[];
  /** What that was found in. */
  history(): TaskHistory;
  lease(): Lease;
  renewed(lease: Lease): void;
  configured(edge: EdgeId, assignment: AssignmentId): Promise<void>;
  withdraw(edge: EdgeId, assignment: AssignmentId, reason: string): Promise<void>;
  /** Resolves when the report is durable and merged, or need not be. @throws the code of what is wrong with it */
  report(edge: EdgeId, assignment: AssignmentId, frame: Uint8Array): Promise<ReportReply>;
  /** An edge aggregator's accumulator: all its assignments count, or none. */
  aggregate(round: number, frame: Uint8Array): Promise<ReportOutcome>;
  openAssignmentsOf(edge: EdgeId): readonly AssignmentId[];
  /** @throws when the assignment is none of this edge's. Asked before a large report is taken in */
  requireOwn(edge: EdgeId, assignment: AssignmentId): void;
  /** For an edge that has just checked in. */
  comeBackAfterMs(): number;
  /** Whether the edges of the round under way are told to download what has this digest. */
  offers(digest: string): boolean;
  countDownload(bytes: number): void;
  /** Ends the round under way and the task's run; its state stays. */
  stopTask(reason: string): Promise<void>;
}
