/** What became of an edge in a task's earlier rounds: plain data, stored with the task. */
import type { EdgeId } from '../ids.ts';

export interface TrackRecord {
  readonly edge: EdgeId;
  /** Assignments that it had and that have ended, one way or another. */
  readonly asked: number;
  readonly reported: number;
  /** Refused by the edge at the offer, or given up by it later. */
  readonly declined: number;
  /** It vanished, or was too late. Whom a round released because it needed no more is in none of the three. */
  readonly lost: number;
  /** Of the assignments that have ended. */
  readonly lastAskedRound: number;
  /** Null for one that never reported. */
  readonly lastReportedRound: number | null;
  readonly lastReportedAt: number | null;
  /** Mean training loss of its last report; null where none was heard (an edge aggregator forwards none), or it was not finite. */
  readonly loss: number | null;
  /** From offer to report, milliseconds, smoothed exponentially; null before it was measured. */
  readonly roundMs: number | null;
}

/** Weight of the newest time among the older ones: about the last three count. */
const NEWEST = 0.4;

export function smoothedMs(before: number | null, measured: number): number {
  return before === null ? measured : before + NEWEST * (measured - before);
}
