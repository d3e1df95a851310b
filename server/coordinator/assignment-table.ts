/** What both halves of the machine do to a round's table of assignments and to the counts that go with it. Pure. */
import type { Phase } from '../../shared/protocol/live-view.ts';
import { itemAt, itemsOf, withItem } from './chunked-list.ts';
import { isOpen, type Assignment, type RoundEvent, type RoundPolicy, type RoundState, type Step } from './round-state.ts';

export type EventOf<Type extends RoundEvent['type']> = Extract<RoundEvent, { type: Type }>;

export const isAway = ({ absentSince }: Assignment): boolean => absentSince !== null;
export const unchanged = (state: RoundState): Step => ({ state, effects: [] });

/** Moves to a phase and books the time spent in the one that it leaves. */
export function enter(state: RoundState, phase: Phase | 'idle' | 'resting', at: number, deadline: number | null): RoundState {
  const left = state.phase;
  // A wall clock that was set back meanwhile makes no time of less than none.
  const booked = left === 'idle' || left === 'resting' ? state.phaseMs : { ...state.phaseMs, [left]: (state.phaseMs[left] ?? 0) + Math.max(0, at - state.phaseStartedAt) };
  return { ...state, phase, phaseStartedAt: at, deadline, phaseMs: booked };
}

/** Ends one open assignment without a report. */
export function end(state: RoundState, index: number, status: Assignment['status'], reason: string): RoundState {
  const assignment = itemAt(state.assignments, index);
  if (!assignment || !isOpen(assignment)) return state;
  return {
    ...state,
    assignments: withItem(state.assignments, index, { ...assignment, status, reason, absentSince: null }),
    open: state.open - 1,
    configured: state.configured - (assignment.status === 'configured' ? 1 : 0),
    absent: state.absent - Number(isAway(assignment)),
    // It no longer stands among those who have completed the stage that is under way.
    done: state.done - (assignment.stage > state.stage ? 1 : 0),
  };
}

export function openIndices(state: RoundState): number[] {
  return [...itemsOf(state.assignments)].flatMap((assignment, index) => (isOpen(assignment) ? [index] : []));
}

export interface Ended {
  readonly state: RoundState;
  readonly indices: readonly number[];
}

export function endThose(state: RoundState, which: (assignment: Assignment) => boolean, status: Assignment['status'], reason: string): Ended {
  let next = state;
  const indices: number[] = [];
  for (const index of openIndices(state)) {
    const assignment = itemAt(state.assignments, index);
    if (!assignment || !which(assignment)) continue;
    next = end(next, index, status, reason);
    indices.push(index);
  }
  return { state: next, indices };
}

export function withConfigured(state: RoundState, index: number): RoundState {
  const assignment = itemAt(state.assignments, index);
  if (assignment?.status !== 'offered') return state;
  return {
    ...state, configured: state.configured + 1, absent: state.absent - Number(isAway(assignment)),
    assignments: withItem(state.assignments, index, { ...assignment, status: 'configured', absentSince: null }),
  };
}

export function withPresence(state: RoundState, index: number, absentSince: number | null): RoundState {
  const assignment = itemAt(state.assignments, index);
  if (!assignment || !isOpen(assignment) || (assignment.absentSince === null) === (absentSince === null)) return state;
  return { ...state, absent: state.absent + (absentSince === null ? -1 : 1), assignments: withItem(state.assignments, index, { ...assignment, absentSince }) };
}

/** Ends those who stayed away too long and, without a barrier, those whose own deadline passed. */
export function endOverdue(state: RoundState, at: number, policy: RoundPolicy): Ended {
  let next = state;
  const indices: number[] = [];
  for (const index of openIndices(state)) {
    const assignment = itemAt(state.assignments, index);
    if (!assignment) continue;
    const away = assignment.absentSince !== null && at >= assignment.absentSince + policy.absenceMs;
    const overdue = !policy.barrier && at >= assignment.deadline;
    if (!away && !overdue) continue;
    next = end(next, index, 'lost', away ? `away for ${(at - (assignment.absentSince ?? at)) / 1000} s` : 'its deadline passed');
    indices.push(index);
  }
  return { state: next, indices };
}

/** How long the task rests after an aborted round: doubled at each in a row. Milliseconds. */
export const restAfter = ({ abortsInARow }: RoundState, policy: RoundPolicy): number => Math.min(policy.retryMs * 2 ** Math.min(abortsInARow, 30), policy.retryLongestMs);
