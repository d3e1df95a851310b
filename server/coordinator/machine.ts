/**
 * The round as a pure state machine: `(state, event) → { state, effects }`. No clock, no
 * randomness, no I/O: the live coordinator and the simulator run this same code.
 *
 *     initialization → selection → configuration → reporting → updating → (next round)
 *                                        └── aborted: resting, then the next round
 *
 * Every path out of a phase is either an event counted here or the phase's deadline, so a
 * round always ends. Events that no longer matter (a stale timer, a report of a closed
 * round) change nothing. Tasks without a barrier have their half in `buffer-machine.ts`.
 */
import type { Digest } from '../../shared/ids.ts';
import { asDigest } from '../../shared/ids.ts';
import { end, endOverdue, endThose, enter, isAway, openIndices, restAfter, unchanged, withConfigured, withPresence, type EventOf } from './assignment-table.ts';
import { stepBuffer } from './buffer-machine.ts';
import { itemAt, itemsOf, listOf, withItem } from './chunked-list.ts';
import { isOpen, type Assignment, type RoundEffect, type RoundEvent, type RoundPolicy, type RoundState, type Step } from './round-state.ts';

export function initialState(version = 0, checkpoint: Digest = asDigest('')): RoundState {
  return {
    round: 0, phase: 'idle', startedAt: 0, phaseStartedAt: 0, deadline: null, phaseMs: {}, stage: 0, version, checkpoint,
    eligible: 0, assignments: listOf<Assignment>([]), open: 0, configured: 0, absent: 0, done: 0, reported: 0, abortsInARow: 0,
  };
}

/** When the machine wants its next `timer` event; null: nothing is due. */
export function nextTimer(state: RoundState, policy: RoundPolicy): number | null {
  let due = state.deadline ?? Infinity;
  // Asked after every event: the walk over thousands of assignments is for when one of them has a time of its own.
  if (state.absent > 0 || (state.open > 0 && !policy.barrier)) {
    for (const assignment of itemsOf(state.assignments)) {
      if (!isOpen(assignment)) continue;
      if (assignment.absentSince !== null) due = Math.min(due, assignment.absentSince + policy.absenceMs);
      if (!policy.barrier) due = Math.min(due, assignment.deadline);
    }
  }
  return due === Infinity ? null : due;
}

export function step(state: RoundState, event: RoundEvent, policy: RoundPolicy): Step {
  return policy.barrier ? stepRound(state, event, policy) : stepBuffer(state, event, policy);
}

function stepRound(state: RoundState, event: RoundEvent, policy: RoundPolicy): Step {
  switch (event.type) {
    case 'start':
      return state.phase === 'idle' ? beginRound({ ...cleared(state), version: event.version, checkpoint: event.checkpoint, abortsInARow: 0 }, event.at) : unchanged(state);
    case 'pool':
      return onPool({ ...state, eligible: event.eligible }, event.at, policy);
    case 'drawn':
      return onDrawn(state, event, policy);
    case 'configured': {
      const next = withConfigured(state, event.index);
      return next === state ? unchanged(state) : reportingWhenAllConfigured(next, event.at, policy);
    }
    case 'ended':
      return onEnded(state, event, policy);
    case 'absent':
      return unchanged(withPresence(state, event.index, event.at));
    case 'present':
      return unchanged(withPresence(state, event.index, null));
    case 'reported':
      return onReported(state, event, policy);
    case 'updated':
      return onUpdated(state, event);
    case 'failed':
      return state.phase === 'idle' || state.phase === 'resting' ? unchanged(state) : abort(state, event.at, event.reason, policy);
    case 'timer':
      return onTimer(state, event.at, policy);
    case 'resumed':
      return onResumed(state, event.at, policy);
    case 'stop':
      return onStop(state, event);
  }
}

const cleared = (state: RoundState): RoundState => ({ ...state, done: 0, reported: 0 });

function beginRound(state: RoundState, at: number): Step {
  const round = state.round + 1;
  const fresh: RoundState = { ...enter(state, 'initialization', at, null), round, startedAt: at, phaseMs: {}, stage: 0, assignments: listOf<Assignment>([]), open: 0, configured: 0, absent: 0 };
  return { state: fresh, effects: [{ type: 'begin', round }, { type: 'count' }] };
}

function onPool(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (state.phase !== 'initialization') return unchanged(state);
  const wanted = policy.asked - state.open;
  if (state.eligible >= wanted) return select(state, at, policy);
  if (state.open + state.eligible < policy.minimum) return unchanged({ ...state, deadline: null });
  // Enough to begin with: wait a while for more, counted from the first moment that was so.
  return unchanged({ ...state, deadline: state.deadline ?? at + policy.selectionMs });
}

function select(state: RoundState, at: number, policy: RoundPolicy): Step {
  const count = Math.max(0, policy.asked - state.open);
  return { state: enter(state, 'selection', at, null), effects: [{ type: 'draw', count }] };
}

function onDrawn(state: RoundState, event: EventOf<'drawn'>, policy: RoundPolicy): Step {
  if (state.phase !== 'selection') return unchanged(state);
  if (state.open + event.chosen.length < policy.minimum) {
    // Those who were eligible a moment ago are gone: nobody was asked for anything yet, so wait on.
    return unchanged(enter({ ...state, eligible: event.chosen.length }, 'initialization', event.at, null));
  }
  const issued = event.chosen.map(({ id, edge }): Assignment => ({
    id, edge, round: state.round, version: state.version, status: 'offered', stage: 0, issuedAt: event.at,
    deadline: event.at + policy.configurationMs + policy.reportingMs, absentSince: null, examples: null, reason: '',
  }));
  const next = enter({ ...state, assignments: listOf(issued), open: issued.length }, 'configuration', event.at, event.at + policy.configurationMs);
  return { state: next, effects: [{ type: 'offer', indices: issued.map((_, i) => i) }] };
}

function reportingWhenAllConfigured(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (state.phase !== 'configuration' || state.configured < state.open) return unchanged(state);
  return unchanged(enter(state, 'reporting', at, at + policy.reportingMs));
}

function onEnded(state: RoundState, event: EventOf<'ended'>, policy: RoundPolicy): Step {
  const next = end(state, event.index, event.status, event.reason);
  return next === state ? unchanged(state) : lookAtGoal(next, event.at, policy);
}

/** After every departure: can the round still reach what it needs? Is everything here that can come? */
function lookAtGoal(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (state.phase !== 'configuration' && state.phase !== 'reporting') return unchanged(state);
  const possible = state.open + state.reported;
  if (possible < policy.minimum) {
    return abort(state, at, `${possible} of the ${policy.minimum} reports that are needed can still come`, policy);
  }
  return stageComplete(state, policy) ? completeStage(state, at, policy) : reportingWhenAllConfigured(state, at, policy);
}

const lastStage = (policy: RoundPolicy): number => policy.stages.length - 1;

/** Those still expected in this stage: open assignments that have not completed it. */
function stageComplete(state: RoundState, policy: RoundPolicy): boolean {
  const inLast = state.stage === lastStage(policy);
  const waiting = inLast ? state.open : state.open - state.done;
  return state.done >= policy.goal || waiting === 0;
}

function onReported(state: RoundState, event: EventOf<'reported'>, policy: RoundPolicy): Step {
  if (state.phase !== 'reporting' && state.phase !== 'configuration') return unchanged(state);
  let next = state;
  for (const { index, examples } of event.reports) {
    const counted = countReport(next, index, examples, policy);
    if (counted === null) return unchanged(state);
    next = counted;
  }
  if (stageComplete(next, policy)) return completeStage(next, event.at, policy);
  return reportingWhenAllConfigured(next, event.at, policy);
}

/** null where the assignment is not open or has completed this stage already. */
function countReport(state: RoundState, index: number, examples: number | null, policy: RoundPolicy): RoundState | null {
  const assignment = itemAt(state.assignments, index);
  if (!assignment || !isOpen(assignment) || assignment.stage !== state.stage) return null;
  const last = state.stage === lastStage(policy);
  // A report says that its edge was configured, even where that message was lost.
  const wasConfigured = assignment.status === 'configured' ? 1 : 0;
  const counted: Assignment = {
    ...assignment, stage: assignment.stage + 1, absentSince: null,
    examples: examples ?? assignment.examples, status: last ? 'reported' : 'configured',
  };
  return {
    ...state,
    assignments: withItem(state.assignments, index, counted),
    done: state.done + 1,
    open: state.open - (last ? 1 : 0),
    configured: state.configured + (last ? -wasConfigured : 1 - wasConfigured),
    absent: state.absent - Number(isAway(assignment)),
    reported: state.reported + (last ? 1 : 0),
  };
}

/** Goes on to the next stage with those who completed this one; after the last stage, closes the round. */
function completeStage(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (state.stage === lastStage(policy)) return close(state, at, policy);
  const { state: kept, indices } = endThose(state, (assignment) => assignment.stage <= state.stage, 'released', 'the stage went on without it');
  const going = openIndices(kept);
  const next = { ...enter(kept, 'reporting', at, at + policy.reportingMs), stage: state.stage + 1, done: 0 };
  const effects: RoundEffect[] = [{ type: 'stage', stage: next.stage, indices: going }];
  if (indices.length > 0) effects.unshift({ type: 'release', indices, reason: 'the stage went on without it' });
  return { state: next, effects };
}

function close(state: RoundState, at: number, policy: RoundPolicy): Step {
  // Who was asked and had not reported when time was up is no longer to be relied on as before; who was cut off in time did nothing wrong.
  const [status, reason] = state.reported >= policy.goal ? (['released', 'the goal was reached without it'] as const) : (['lost', 'the deadline passed'] as const);
  const { state: kept, indices } = endThose(state, () => true, status, reason);
  const effects: RoundEffect[] = [{ type: 'update', round: state.round }];
  if (indices.length > 0) effects.unshift({ type: 'release', indices, reason });
  // The counts stand until the next round begins, for whoever looks.
  return { state: enter(kept, 'updating', at, null), effects };
}

function onUpdated(state: RoundState, event: EventOf<'updated'>): Step {
  if (state.phase !== 'updating') return unchanged(state);
  const committed: RoundEffect = { type: 'committed', round: state.round, version: event.version, finish: event.finish };
  const after = { ...state, version: event.version, checkpoint: event.checkpoint, abortsInARow: 0 };
  if (event.finish !== null) {
    const { state: kept, indices } = endThose(after, () => true, 'released', event.finish);
    const release: RoundEffect[] = indices.length > 0 ? [{ type: 'release', indices, reason: event.finish }] : [];
    return { state: enter(kept, 'idle', event.at, null), effects: [committed, ...release] };
  }
  const begun = beginRound(cleared(after), event.at);
  return { state: begun.state, effects: [committed, ...begun.effects] };
}

/** Ends the round without a version; the next attempt comes after a rest that doubles with each abort in a row. */
function abort(state: RoundState, at: number, reason: string, policy: RoundPolicy): Step {
  const { state: kept, indices } = endThose(state, () => true, 'released', 'the round was aborted');
  const next = { ...enter(kept, 'resting', at, at + restAfter(state, policy)), abortsInARow: state.abortsInARow + 1 };
  const effects: RoundEffect[] = [{ type: 'aborted', round: state.round, reason, stopped: false }];
  if (indices.length > 0) effects.unshift({ type: 'release', indices, reason: 'the round was aborted' });
  return { state: next, effects };
}

function onTimer(state: RoundState, at: number, policy: RoundPolicy): Step {
  const swept = sweepOverdue(state, at, policy);
  const after = swept.state;
  // Losing somebody may already have closed or aborted the round: then the old deadline is void.
  if (after.phase !== state.phase || after.deadline === null || at < after.deadline) return swept;
  const due = onDeadline(after, at, policy);
  return { state: due.state, effects: [...swept.effects, ...due.effects] };
}

/** Ends those who stayed away too long. */
function sweepOverdue(state: RoundState, at: number, policy: RoundPolicy): Step {
  const { state: next, indices } = endOverdue(state, at, policy);
  if (indices.length === 0) return unchanged(state);
  const looked = lookAtGoal(next, at, policy);
  return { state: looked.state, effects: [{ type: 'release', indices, reason: 'away or overdue' }, ...looked.effects] };
}

function onDeadline(state: RoundState, at: number, policy: RoundPolicy): Step {
  switch (state.phase) {
    case 'initialization':
      return state.open + state.eligible >= policy.minimum ? select(state, at, policy) : unchanged({ ...state, deadline: null });
    case 'configuration': {
      const { state: kept, indices } = endThose(state, (assignment) => assignment.status === 'offered', 'lost', 'not configured in time');
      const release: RoundEffect[] = indices.length > 0 ? [{ type: 'release', indices, reason: 'not configured in time' }] : [];
      const looked = lookAtGoal(kept, at, policy);
      return { state: looked.state, effects: [...release, ...looked.effects] };
    }
    case 'reporting': {
      if (state.done < policy.minimum) {
        return abort(state, at, `${state.done} of the ${policy.minimum} reports that are needed came before the deadline`, policy);
      }
      return completeStage(state, at, policy);
    }
    case 'resting':
      return beginRound(cleared(state), at);
    case 'selection':
    case 'updating':
    case 'idle':
      return unchanged(state);
  }
}

/**
 * What was under way goes on: a draw or an update that was not answered is asked for again, and
 * edges have at least the absence time to find the coordinator before a deadline strikes.
 */
function onResumed(state: RoundState, at: number, policy: RoundPolicy): Step {
  switch (state.phase) {
    case 'selection':
      return { state, effects: [{ type: 'draw', count: Math.max(0, policy.asked - state.open) }] };
    case 'updating':
      return { state, effects: [{ type: 'update', round: state.round }] };
    case 'initialization':
      return unchanged({ ...state, eligible: 0, deadline: null });
    case 'configuration':
    case 'reporting': {
      // Counted anew: an earlier version stored its state without the count.
      let next: RoundState = { ...state, absent: [...itemsOf(state.assignments)].filter((assignment) => isOpen(assignment) && isAway(assignment)).length };
      if (state.deadline !== null) next = { ...next, deadline: Math.max(state.deadline, at + policy.absenceMs) };
      for (const index of openIndices(state)) next = withPresence(next, index, at);
      return lookAtGoal(next, at, policy);
    }
    case 'resting':
    case 'idle':
      return unchanged(state);
  }
}

function onStop(state: RoundState, event: EventOf<'stop'>): Step {
  if (state.phase === 'idle') return unchanged(state);
  const { state: kept, indices } = endThose(state, () => true, 'released', event.reason);
  const effects: RoundEffect[] = indices.length > 0 ? [{ type: 'release', indices, reason: event.reason }] : [];
  if (state.phase !== 'resting') effects.push({ type: 'aborted', round: state.round, reason: event.reason, stopped: true });
  return { state: enter(kept, 'idle', event.at, null), effects };
}
