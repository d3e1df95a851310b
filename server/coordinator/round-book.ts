/** What is written down of a round: its record, and each considered edge's part in it with the reason. */
import type { ParticipationRecord, RoundRecord } from '../storage/store.ts';
import type { Decision } from '../selection/candidate.ts';
import { itemsOf } from './chunked-list.ts';
import type { Assignment, RoundState } from './round-state.ts';

/** Counts that the machine does not need, kept beside it while a round runs. */
export interface RoundBook {
  bytesUp: number;
  bytesDown: number;
  /** How many considered edges were not chosen, by criterion. */
  reasons: Record<string, number>;
}

export const emptyBook = (): RoundBook => ({ bytesUp: 0, bytesDown: 0, reasons: {} });

export interface RoundEnd {
  readonly at: number;
  readonly outcome: 'committed' | 'aborted';
  readonly reason: string | null;
  readonly version: number | null;
}

/** The record of the round that `state` stands in; ended by `end`, running without. */
export function roundRecord(state: RoundState, book: RoundBook, end?: RoundEnd): RoundRecord {
  const inPhase = state.phase === 'idle' || state.phase === 'resting' ? {} : { [state.phase]: (state.phaseMs[state.phase] ?? 0) + ((end?.at ?? state.phaseStartedAt) - state.phaseStartedAt) };
  return {
    round: state.round,
    outcome: end?.outcome ?? 'running',
    reason: end?.reason ?? null,
    startedAt: state.startedAt,
    endedAt: end?.at ?? null,
    baseVersion: state.version,
    version: end?.version ?? null,
    eligible: state.eligible,
    selected: state.assignments.length,
    reported: state.reported,
    reasons: book.reasons,
    bytesUp: book.bytesUp,
    bytesDown: book.bytesDown,
    phaseMs: { ...state.phaseMs, ...inPhase },
  };
}

/** Of one draw: whom it is written down, and who are told. Storing and telling ten thousand costs a coordinator a second a round. */
const MOST_TOLD = 1000;

/**
 * The decisions that are told and kept, each with its reason: all who were chosen, and of the others as many as there is
 * room for, those that did not meet a criterion first. Whoever is left out has the come-back time of its last check-in.
 */
export function toldDecisions(decisions: readonly Decision[], most = MOST_TOLD): readonly Decision[] {
  if (decisions.length <= most) return decisions;
  const of = (status: Decision['status']): readonly Decision[] => decisions.filter((decision) => decision.status === status);
  const chosen = of('chosen');
  return [...chosen, ...[...of('rejected'), ...of('not-drawn')].slice(0, Math.max(0, most - chosen.length))];
}

/** Those who were considered and not chosen; the chosen ones have assignments. */
export function rejections(decisions: readonly Decision[], at: number): ParticipationRecord[] {
  return decisions.flatMap((decision): ParticipationRecord[] =>
    decision.status === 'chosen' ? [] : [{ edge: decision.edge, assignment: null, status: decision.status, reason: decision.reason, examples: decision.examples, at }],
  );
}

export function countReasons(decisions: readonly Decision[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, criterion } of decisions) {
    if (status !== 'chosen') counts[criterion] = (counts[criterion] ?? 0) + 1;
  }
  return counts;
}

export function participations(state: RoundState, drawReason: string, at: number): ParticipationRecord[] {
  return [...itemsOf(state.assignments)].map((assignment: Assignment) => ({
    edge: assignment.edge,
    assignment: assignment.id,
    status: assignment.status === 'offered' ? 'assigned' : assignment.status,
    reason: assignment.reason === '' ? drawReason : assignment.reason,
    examples: assignment.examples,
    at,
  }));
}
