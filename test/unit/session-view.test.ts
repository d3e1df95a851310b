import { describe, expect, it } from 'vitest';
import { leaving, NEW_SESSION, onMessage, type SessionView } from '../../client/browser/session-view.ts';
import type { WorkerToPage } from '../../client/browser/worker-messages.ts';
import { asAssignmentId, asEdgeId, asTaskId } from '../../shared/ids.ts';
import { UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';
import type { EdgeEvent } from '../../client/edge/events.ts';

const task = asTaskId('digits');
const edge = asEdgeId('e0123456789abcdef0123');
const events = (...list: EdgeEvent[]): WorkerToPage[] => list.map((event) => ({ type: 'event', event }));
const play = (messages: readonly WorkerToPage[], from: SessionView = NEW_SESSION): SessionView => messages.reduce((view, message, i) => onMessage(view, message, 1000 + i), from);

const ROUND = events(
  { type: 'connecting', attempt: 1 },
  { type: 'connected', edge },
  { type: 'checked-in', conditions: { ...UNKNOWN_CONDITIONS, battery: 0.5 }, examples: { digits: 900 }, comeBackAfterMs: 1000 },
  { type: 'assigned', task, round: 7, assignment: asAssignmentId('digits.7.x') },
  { type: 'downloading', bytes: 800 },
  { type: 'training', task, round: 7, step: 30, steps: 120, loss: 0.5 },
  { type: 'reporting', task, round: 7, bytes: 810 },
);

describe('what the owner sees of his edge', () => {
  it('follows a round from the call to the report', () => {
    const training = play(ROUND.slice(0, 6));
    expect(training).toMatchObject({ status: 'training', statusText: 'Round 7: training, 25 %', edge, task: 'digits', round: 7, progress: { step: 30, steps: 120 }, loss: 0.5, bytesReceived: 800, bytesSent: 0 });
    expect(training.conditions?.battery).toBe(0.5);
    const reporting = play(ROUND);
    // Bytes count as sent when the coordinator has answered, not before.
    expect(reporting).toMatchObject({ status: 'reporting', bytesSent: 0 });
    const reported = play(events({ type: 'reported', task, round: 7, outcome: 'accepted', loss: 0.4 }), reporting);
    expect(reported).toMatchObject({ status: 'waiting', bytesSent: 810, reports: { accepted: 1, late: 0, duplicate: 0 }, losses: { digits: [{ round: 7, loss: 0.4 }] }, progress: null });
  });

  it('counts what came too late apart, and a released round not at all', () => {
    const late = play([...ROUND, ...events({ type: 'reported', task, round: 7, outcome: 'late', loss: null })]);
    expect(late.reports).toEqual({ accepted: 0, late: 1, duplicate: 0 });
    expect(late.losses).toEqual({});
    const released = play([...ROUND, ...events({ type: 'released', task, round: 7, reason: 'the round was aborted' })]);
    expect(released).toMatchObject({ status: 'waiting', bytesSent: 0, bytesInHand: 0, reports: { accepted: 0 } });
  });

  it('keeps training on the screen while a check-in is answered', () => {
    const view = play([...ROUND.slice(0, 6), ROUND[2]]);
    expect(view.status).toBe('training');
  });

  it('says that it is leaving until it has left, whatever arrives meanwhile', () => {
    const asked = leaving(play(ROUND), 2000);
    const still = play(events({ type: 'training', task, round: 7, step: 40, steps: 120, loss: 0.3 }), asked);
    expect(still.status).toBe('leaving');
    const left = play([{ type: 'left' }], still);
    expect(left).toMatchObject({ status: 'left', statusText: 'You have left' });
    expect(play(ROUND, left)).toBe(left);
  });

  it('ends with the error that no retry mends', () => {
    const error = { code: 'revoked', message: 'this edge was revoked', retryable: false } as const;
    const view = play([...ROUND, { type: 'failed', error }]);
    expect(view).toMatchObject({ status: 'failed', error });
    expect(view.log[0]).toMatchObject({ text: 'this edge was revoked (revoked)', tone: 'bad' });
  });

  it('keeps the log short, the newest first', () => {
    const notes = Array.from({ length: 100 }, (_, i): WorkerToPage => ({ type: 'note', text: `note ${i}` }));
    const view = play(notes);
    expect(view.log).toHaveLength(60);
    expect(view.log[0].text).toBe('note 99');
  });
});
