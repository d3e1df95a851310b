/** What selection knows of an edge: what it said at its last check-in, and what became of it in earlier rounds. */
import type { EdgeId } from '../ids.ts';
import type { TrainingLength } from '../model/training-length.ts';
import type { Capabilities, Conditions } from '../task/conditions.ts';
import type { TrackRecord } from './track-record.ts';

export interface Candidate {
  readonly edge: EdgeId;
  /** As its owner calls it. */
  readonly name: string;
  readonly conditions: Conditions;
  /** When it checked in with them, by the coordinator's clock. */
  readonly checkedInAt: number;
  readonly capabilities: Capabilities;
  /** Minor version of the protocol that was agreed with it. */
  readonly protocolMinor: number;
  /** Training examples that it holds for the task. */
  readonly examples: number;
  /** Training examples of each class; null where the task does not ask, or the edge's owner does not say. */
  readonly labels: readonly number[] | null;
  /** It works for another task or round just now. */
  readonly busy: boolean;
}

/** What is known beside the candidate itself while it is judged. */
export interface SelectionContext {
  /** Milliseconds since 1970, by the coordinator's clock. */
  readonly now: number;
  readonly round: number;
  /** Undefined for an edge that was never asked. */
  trackOf(edge: EdgeId): TrackRecord | undefined;
}

/** What a round asks of an edge, as far as it bears on the time that it takes. */
export interface RoundWork {
  /** Bytes of the checkpoint, and about as many of a report. */
  readonly modelBytes: number;
  /** How long it trains, and on how many examples a step: null, all of them. */
  readonly training: TrainingLength;
  readonly batchSize: number | null;
  /** After so many seconds it ends in any case; null: when it is done. */
  readonly mostSeconds: number | null;
}

export interface DrawContext extends SelectionContext {
  readonly work: RoundWork;
}
