/** What is written down of a round: its record, and each considered edge's part in it with the reason. */
import type { AssignmentId } from '../../shared/ids.ts';
import type { RandomSource } from '../../shared/random.ts';
import { drawUniformly } from '../../shared/selection/random-draws.ts';
import type { Decision, DecisionFacts } from '../selection/decision.ts';
import type { ParticipationRecord, RoundRecord } from '../storage/store.ts';
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
  const inPhase = state.phase === 'idle' || state.phase === 'resting' ? {} : { [state.phase]: (state.phaseMs[state.phase] ?? 0) + Math.max(0, (end?.at ?? state.phaseStartedAt) - state.phaseStartedAt) };
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

/** Of those whom one draw considered and did not choose, how many are written down: to store ten thousand holds a coordinator up. */
const MOST_REJECTIONS = 1000;

/**
 * The decisions that are kept, each with its reason, in the order of the draw: every one who was chosen, and all others up
 * to a thousand. Where there are more, a sample of a thousand, drawn uniformly, so that it is not the same edges that are
 * seen round after round; the rest are in the counts by reason (`countReasons`). Who is kept says nothing of who is told: all are.
 */
export function keptDecisions(decisions: readonly Decision[], random: RandomSource, most = MOST_REJECTIONS): readonly Decision[] {
  const others = decisions.filter(({ status }) => status !== 'chosen');
  if (others.length <= most) return decisions;
  const kept = new Set(drawUniformly(others.length, most, random).map((position) => others[position]));
  return decisions.filter((decision) => decision.status === 'chosen' || kept.has(decision));
}

/** Those who were considered and not chosen; the chosen ones have assignments. */
export function rejections(decisions: readonly Decision[], at: number): ParticipationRecord[] {
  return decisions.flatMap((decision): ParticipationRecord[] =>
    decision.status === 'chosen' ? [] : [{ edge: decision.edge, assignment: null, status: decision.status, reason: decision.reason, examples: decision.examples, at, facts: decision.facts }],
  );
}

export function countReasons(decisions: readonly Decision[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, criterion } of decisions) {
    if (status !== 'chosen') counts[criterion] = (counts[criterion] ?? 0) + 1;
  }
  return counts;
}

/** Why an edge was chosen. */
export interface DrawnFor {
  readonly reason: string;
  readonly facts: DecisionFacts;
}

/** @param withFacts when they are first stored; later ones leave them as they are */
export function participations(state: RoundState, drawn: ReadonlyMap<AssignmentId, DrawnFor>, at: number, withFacts: boolean): ParticipationRecord[] {
  return [...itemsOf(state.assignments)].map((assignment: Assignment) => ({
    edge: assignment.edge,
    assignment: assignment.id,
    status: assignment.status === 'offered' ? 'assigned' : assignment.status,
    reason: assignment.reason === '' ? (drawn.get(assignment.id)?.reason ?? `asked in round ${assignment.round}`) : assignment.reason,
    examples: assignment.examples,
    at,
    facts: withFacts ? (drawn.get(assignment.id)?.facts ?? null) : null,
  }));
}
