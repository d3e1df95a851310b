/** The vocabulary of the round's state machine: its state, what can happen to it, what it wants done. */
import type { AssignmentId, Digest, EdgeId } from '../../shared/ids.ts';
import type { Phase } from '../../shared/protocol/live-view.ts';
import type { ChunkedList } from './chunked-list.ts';

/** How one edge's part in a round stands. The first two are open: a report may still come. */
export type AssignmentStatus = 'offered' | 'configured' | 'reported' | 'declined' | 'withdrawn' | 'refused' | 'lost' | 'released';

export interface Assignment {
  readonly id: AssignmentId;
  readonly edge: EdgeId;
  /** Round in which it was issued; smaller than the state's where a task has no barrier. */
  readonly round: number;
  readonly version: number;
  readonly status: AssignmentStatus;
  /** Stages that this edge has completed within the reporting phase. */
  readonly stage: number;
  readonly issuedAt: number;
  /** A report is accepted until then. */
  readonly deadline: number;
  /** Since when its edge is away; null while it is there. */
  readonly absentSince: number | null;
  readonly examples: number | null;
  /** What ended it, for people. */
  readonly reason: string;
  /** Without a barrier: the round in which its report counts, and how many versions its base lies behind the one that this round moves. */
  readonly counted?: { readonly round: number; readonly staleness: number };
}

/** How far the reports of one buffer are behind the version that they move: the sum over them, and the most. Versions. */
export interface StalenessCount {
  readonly total: number;
  readonly worst: number;
}

/** A buffer that is full, until its version is committed. */
export interface ClosedBuffer {
  readonly round: number;
  readonly startedAt: number;
  readonly closedAt: number;
  readonly eligible: number;
  readonly issued: number;
  readonly reported: number;
  readonly staleness: StalenessCount;
}

/** What a task without a barrier has beside: its rounds are buffers, of which one fills while the one before it is updated from. */
export interface BufferState {
  /** Assignments issued in this round, by which the next one is numbered. */
  readonly issued: number;
  readonly staleness: StalenessCount;
  readonly closing: ClosedBuffer | null;
}

export interface RoundState {
  /** The round under way, or the last one. 0 before the first. Without a barrier: the buffer that fills. */
  readonly round: number;
  /** `idle`: the task does not run. `resting`: between an aborted round and the next; without a barrier, reports come in all the same. */
  readonly phase: Phase | 'idle' | 'resting';
  readonly startedAt: number;
  readonly phaseStartedAt: number;
  /** When the phase ends at the latest. */
  readonly deadline: number | null;
  /** Milliseconds spent in this round's earlier phases. */
  readonly phaseMs: Readonly<Partial<Record<Phase, number>>>;
  /** Index into the policy's stages, while reporting. */
  readonly stage: number;
  /** The version that this round starts from. */
  readonly version: number;
  readonly checkpoint: Digest;
  /** Edges that could be selected now, as the driver counted last. */
  readonly eligible: number;
  readonly assignments: ChunkedList<Assignment>;
  /** Assignments of whom a report may still come. */
  readonly open: number;
  /** Open assignments whose edge has the checkpoint. */
  readonly configured: number;
  /** Open assignments whose edge is away. */
  readonly absent: number;
  /** Assignments that completed the current stage. */
  readonly done: number;
  /** Assignments that completed the last stage. */
  readonly reported: number;
  readonly abortsInARow: number;
  /** Without a barrier alone. */
  readonly buffer?: BufferState;
}

/** The numbers by which a round is run; from the TaskSpec and the algorithm. */
export interface RoundPolicy {
  readonly goal: number;
  readonly minimum: number;
  /** Edges asked: the goal over-selected. Without a barrier: how many work at once, at most. */
  readonly asked: number;
  readonly selectionMs: number;
  readonly configurationMs: number;
  readonly reportingMs: number;
  readonly absenceMs: number;
  readonly retryMs: number;
  readonly retryLongestMs: number;
  /** Exchanges of the reporting phase, in order; a plain round has one. */
  readonly stages: readonly string[];
  /** False: assignments outlive the round in which they were issued (asynchronous tasks). */
  readonly barrier: boolean;
  /** Without a barrier: a report counts whose base lies so many versions behind, at most. */
  readonly mostStaleness: number;
}

/** What happens to a round. `at` is the driver's clock: the machine has none of its own. */
export type RoundEvent = { readonly at: number } & (
  | { readonly type: 'start'; readonly version: number; readonly checkpoint: Digest }
  /** The number of eligible edges changed. */
  | { readonly type: 'pool'; readonly eligible: number }
  /** The driver drew the sample that `draw` asked for. */
  | { readonly type: 'drawn'; readonly chosen: readonly { readonly id: AssignmentId; readonly edge: EdgeId }[] }
  | { readonly type: 'configured'; readonly index: number }
  | { readonly type: 'ended'; readonly index: number; readonly status: 'declined' | 'withdrawn' | 'refused' | 'lost'; readonly reason: string }
  | { readonly type: 'absent'; readonly index: number }
  | { readonly type: 'present'; readonly index: number }
  /**
   * A checked, journaled report, or the message of an earlier stage; several at once when an edge
   * aggregator forwards its accumulator: these count all together or not at all.
   */
  | { readonly type: 'reported'; readonly reports: readonly { readonly index: number; readonly examples: number | null }[] }
  | { readonly type: 'updated'; readonly version: number; readonly checkpoint: Digest; readonly finish: string | null }
  /** What the round needs cannot be had: the update failed, the journal is gone, … `round`: which one, where two are alive. */
  | { readonly type: 'failed'; readonly reason: string; readonly round?: number }
  | { readonly type: 'timer' }
  /** The coordinator came back after it died or was stopped: edges get time to find it again. */
  | { readonly type: 'resumed' }
  | { readonly type: 'stop'; readonly reason: string }
);

/** What the machine wants done; the driver does it and answers with an event where one is named. */
export type RoundEffect =
  | { readonly type: 'begin'; readonly round: number }
  /** Count the eligible edges; answered by `pool`. */
  | { readonly type: 'count' }
  /** Draw this many of the eligible edges; answered by `drawn`. */
  | { readonly type: 'draw'; readonly count: number }
  /** Ended assignments were left out of the table, and others stand in other places: no step that says so ends any. */
  | { readonly type: 'moved'; readonly left: readonly Assignment[] }
  | { readonly type: 'offer'; readonly indices: readonly number[] }
  | { readonly type: 'release'; readonly indices: readonly number[]; readonly reason: string }
  /** All who are still in it go on with the next stage. */
  | { readonly type: 'stage'; readonly stage: number; readonly indices: readonly number[] }
  /** Close the accumulator and run the server half; answered by `updated` or `failed`. */
  | { readonly type: 'update'; readonly round: number }
  | { readonly type: 'committed'; readonly round: number; readonly version: number; readonly finish: string | null }
  | { readonly type: 'aborted'; readonly round: number; readonly reason: string; readonly stopped: boolean };

export interface Step {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
}

export function isOpen(assignment: Assignment): boolean {
  return assignment.status === 'offered' || assignment.status === 'configured';
}
