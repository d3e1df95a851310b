/**
 * The machine's half for tasks without a barrier (Nguyen et al. 2022, "Federated Learning with Buffered Asynchronous
 * Aggregation", FedBuff): no edge waits for another. A round is a buffer: it takes reports in until it has the goal, then
 * a version is made of it while reports go on into the next one.
 *
 *     reporting (buffer n fills) ─► updating (n closed, n + 1 fills) ─► reporting …
 *                                       └── the update failed: resting (n + 1 fills), then reporting
 *
 * Assignments belong to no buffer: whichever is open when a report comes takes it, with the staleness that it then has.
 * Each has a deadline of its own, and the place of one that ends is offered to the next edge at once.
 */
import { end, endOverdue, endThose, enter, isAway, openIndices, restAfter, unchanged, withConfigured, withPresence, type EventOf } from './assignment-table.ts';
import { itemAt, itemsOf, listOf, withItem } from './chunked-list.ts';
import { isOpen, type Assignment, type BufferState, type ClosedBuffer, type RoundEffect, type RoundEvent, type RoundPolicy, type RoundState, type StalenessCount, type Step } from './round-state.ts';

const NOT_STALE: StalenessCount = { total: 0, worst: 0 };
const EMPTY: BufferState = { issued: 0, staleness: NOT_STALE, closing: null };

export const bufferOf = ({ buffer }: RoundState): BufferState => buffer ?? EMPTY;
/** A buffer is open: its reports count. */
export const isFilling = ({ phase }: RoundState): boolean => phase !== 'idle';
/** The version that the open buffer will move: that of the closed one, where there is one, will have been made by then. */
const baseOfBuffer = (state: RoundState): number => state.version + (bufferOf(state).closing === null ? 0 : 1);

/** Somebody could be asked now. While the task rests nobody is, nor where the report would be too stale from the start. */
export function wantsEdges(state: RoundState, policy: RoundPolicy): boolean {
  return isFilling(state) && state.phase !== 'resting' && state.open < policy.asked && baseOfBuffer(state) - state.version <= policy.mostStaleness;
}

export function stepBuffer(state: RoundState, event: RoundEvent, policy: RoundPolicy): Step {
  switch (event.type) {
    case 'start':
      return state.phase === 'idle' ? onStart(state, event) : unchanged(state);
    case 'pool':
      return onPool({ ...state, eligible: event.eligible }, event.at, policy);
    case 'drawn':
      return onDrawn(state, event, policy);
    case 'configured':
      return unchanged(withConfigured(state, event.index));
    case 'ended': {
      const next = end(state, event.index, event.status, event.reason);
      return next === state ? unchanged(state) : look(next, event.at, policy);
    }
    case 'absent':
      return unchanged(withPresence(state, event.index, event.at));
    case 'present':
      return unchanged(withPresence(state, event.index, null));
    case 'reported':
      return onReported(state, event, policy);
    case 'updated':
      return onUpdated(state, event);
    case 'failed':
      return onFailed(state, event, policy);
    case 'timer':
      return onTimer(state, event.at, policy);
    case 'resumed':
      return onResumed(state, event.at, policy);
    case 'stop':
      return onStop(state, event);
  }
}

/** The next buffer, empty. */
function opened(state: RoundState, at: number, closing: ClosedBuffer | null): RoundState {
  return { ...state, round: state.round + 1, startedAt: at, phaseMs: {}, stage: 0, done: 0, reported: 0, buffer: { issued: 0, staleness: NOT_STALE, closing } };
}

const begin = ({ round }: RoundState): RoundEffect => ({ type: 'begin', round });
const COUNT: RoundEffect = { type: 'count' };

function onStart(state: RoundState, event: EventOf<'start'>): Step {
  const cleared: RoundState = { ...state, version: event.version, checkpoint: event.checkpoint, abortsInARow: 0, assignments: listOf<Assignment>([]), open: 0, configured: 0, absent: 0 };
  const next = opened(enter(cleared, 'reporting', event.at, null), event.at, null);
  return { state: next, effects: [begin(next), COUNT] };
}

function onPool(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (isFull(state, policy)) return close(state, at, policy);
  if (!wantsEdges(state, policy) || state.eligible <= 0) return unchanged(state);
  return { state, effects: [{ type: 'draw', count: policy.asked - state.open }] };
}

function onDrawn(state: RoundState, event: EventOf<'drawn'>, policy: RoundPolicy): Step {
  const places = wantsEdges(state, policy) ? policy.asked - state.open : 0;
  const issued = event.chosen.slice(0, places).map(({ id, edge }): Assignment => ({
    id, edge, round: state.round, version: state.version, status: 'offered', stage: 0, issuedAt: event.at,
    deadline: event.at + policy.configurationMs + policy.reportingMs, absentSince: null, examples: null, reason: '',
  }));
  if (issued.length === 0) return unchanged(state);
  // What ended goes out of the table, but for what counts in a buffer that is not committed yet.
  const stays = (assignment: Assignment): boolean => isOpen(assignment) || isUncommitted(assignment, state);
  const table = [...itemsOf(state.assignments)];
  const kept = table.filter(stays);
  const left = table.filter((assignment) => !stays(assignment));
  const buffer = bufferOf(state);
  const next: RoundState = { ...state, assignments: listOf([...kept, ...issued]), open: state.open + issued.length, buffer: { ...buffer, issued: buffer.issued + issued.length } };
  const offer: RoundEffect = { type: 'offer', indices: issued.map((_, i) => kept.length + i) };
  return { state: next, effects: left.length > 0 ? [{ type: 'moved', left }, offer] : [offer] };
}

const isUncommitted = ({ counted }: Assignment, state: RoundState): boolean => counted !== undefined && (counted.round === state.round || counted.round === bufferOf(state).closing?.round);

function onReported(state: RoundState, event: EventOf<'reported'>, policy: RoundPolicy): Step {
  if (!isFilling(state)) return unchanged(state);
  let next = state;
  for (const { index, examples } of event.reports) {
    const counted = countReport(next, index, examples, policy);
    if (counted === null) return unchanged(state);
    next = counted;
  }
  return next === state ? unchanged(state) : look(next, event.at, policy);
}

/** null where the assignment is not open, or its base lies too far behind. */
function countReport(state: RoundState, index: number, examples: number | null, policy: RoundPolicy): RoundState | null {
  const assignment = itemAt(state.assignments, index);
  if (!assignment || !isOpen(assignment)) return null;
  const staleness = Math.max(0, baseOfBuffer(state) - assignment.version);
  if (staleness > policy.mostStaleness) return null;
  const buffer = bufferOf(state);
  const { total, worst } = buffer.staleness;
  const counted: Assignment = { ...assignment, stage: assignment.stage + 1, absentSince: null, examples: examples ?? assignment.examples, status: 'reported', counted: { round: state.round, staleness } };
  return {
    ...state,
    assignments: withItem(state.assignments, index, counted),
    open: state.open - 1,
    configured: state.configured - (assignment.status === 'configured' ? 1 : 0),
    absent: state.absent - Number(isAway(assignment)),
    done: state.done + 1,
    reported: state.reported + 1,
    buffer: { ...buffer, staleness: { total: total + staleness, worst: Math.max(worst, staleness) } },
  };
}

/** One update at a time: what comes while one is at work goes into the next buffer, beyond the goal if need be. */
const isFull = (state: RoundState, policy: RoundPolicy): boolean => state.phase === 'reporting' && state.reported >= policy.goal;

/** After whatever may have filled the buffer or left a place free. */
function look(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (isFull(state, policy)) return close(state, at, policy);
  return { state, effects: wantsEdges(state, policy) ? [COUNT] : [] };
}

function close(state: RoundState, at: number, policy: RoundPolicy): Step {
  const { round, startedAt, eligible, reported } = state;
  const { issued, staleness } = bufferOf(state);
  const next = opened(enter(state, 'updating', at, null), at, { round, startedAt, closedAt: at, eligible, issued, reported, staleness });
  // Whose report would be too stale for the buffer that opens need not work on.
  const reason = `${policy.mostStaleness} versions were made since its own, and its report would count no more`;
  const { state: kept, indices } = endThose(next, ({ version }) => baseOfBuffer(next) - version > policy.mostStaleness, 'released', reason);
  // The place that is free now is offered when the version is made, or with the next one that is: who begins this moment would begin a version behind.
  const effects: RoundEffect[] = [{ type: 'update', round }, begin(next)];
  if (indices.length > 0) effects.unshift({ type: 'release', indices, reason });
  return { state: kept, effects };
}

function onUpdated(state: RoundState, event: EventOf<'updated'>): Step {
  const { closing, ...buffer } = bufferOf(state);
  if (state.phase !== 'updating' || closing === null) return unchanged(state);
  const committed: RoundEffect = { type: 'committed', round: closing.round, version: event.version, finish: event.finish };
  const after: RoundState = { ...state, version: event.version, checkpoint: event.checkpoint, abortsInARow: 0, buffer: { ...buffer, closing: null } };
  if (event.finish === null) return { state: enter(after, 'reporting', event.at, null), effects: [committed, COUNT] };
  const ended = toIdle(after, event.at, event.finish);
  return { state: ended.state, effects: [committed, ...ended.effects] };
}

/** A buffer ends without a version; the assignments go on, and reports with them. */
function onFailed(state: RoundState, event: EventOf<'failed'>, policy: RoundPolicy): Step {
  if (state.phase === 'idle') return unchanged(state);
  const { closing } = bufferOf(state);
  const round = event.round ?? closing?.round ?? state.round;
  const aborted: RoundEffect = { type: 'aborted', round, reason: event.reason, stopped: false };
  if (round === closing?.round) {
    const rested = enter(state, 'resting', event.at, event.at + restAfter(state, policy));
    return { state: { ...rested, abortsInARow: state.abortsInARow + 1, buffer: { ...bufferOf(state), closing: null } }, effects: [aborted] };
  }
  if (round !== state.round) return unchanged(state);
  const next = opened(state, event.at, closing);
  return { state: next, effects: [aborted, begin(next), COUNT] };
}

function onTimer(state: RoundState, at: number, policy: RoundPolicy): Step {
  const { state: swept, indices } = endOverdue(state, at, policy);
  const rested = swept.phase === 'resting' && swept.deadline !== null && at >= swept.deadline ? enter(swept, 'reporting', at, null) : swept;
  if (rested === state) return unchanged(state);
  const looked = look(rested, at, policy);
  return { state: looked.state, effects: indices.length > 0 ? [{ type: 'release', indices, reason: 'away or overdue' }, ...looked.effects] : looked.effects };
}

/** Edges have the absence time to find the coordinator again, and whoever is done has it to report. */
function onResumed(state: RoundState, at: number, policy: RoundPolicy): Step {
  if (state.phase === 'idle') return unchanged(state);
  let next = state;
  for (const index of openIndices(state)) {
    next = withPresence(next, index, at);
    const assignment = itemAt(next.assignments, index);
    const deadline = at + policy.absenceMs;
    if (assignment && assignment.deadline < deadline) next = { ...next, assignments: withItem(next.assignments, index, { ...assignment, deadline }) };
  }
  const { closing } = bufferOf(state);
  const update: RoundEffect[] = state.phase === 'updating' && closing !== null ? [{ type: 'update', round: closing.round }] : [];
  return { state: next, effects: [...update, COUNT] };
}

function onStop(state: RoundState, event: EventOf<'stop'>): Step {
  if (state.phase === 'idle') return unchanged(state);
  const { closing } = bufferOf(state);
  const ended = toIdle(state, event.at, event.reason);
  const aborted: RoundEffect[] = closing === null ? [] : [{ type: 'aborted', round: closing.round, reason: event.reason, stopped: true }];
  return { state: ended.state, effects: [...aborted, ...ended.effects] };
}

/** Nobody works on, and the buffer that was open ends without a version. */
function toIdle(state: RoundState, at: number, reason: string): Step {
  const { state: kept, indices } = endThose(state, () => true, 'released', reason);
  const effects: RoundEffect[] = [{ type: 'aborted', round: state.round, reason, stopped: true }];
  if (indices.length > 0) effects.unshift({ type: 'release', indices, reason });
  return { state: { ...enter(kept, 'idle', at, null), buffer: { ...bufferOf(kept), closing: null } }, effects };
}
