import { describe, expect, it } from 'vitest';
import { itemsOf } from '../../server/coordinator/chunked-list.ts';
import { initialState, nextTimer, step } from '../../server/coordinator/machine.ts';
import type { RoundEffect, RoundEvent, RoundPolicy, RoundState } from '../../server/coordinator/round-state.ts';
import { asAssignmentId, asDigest, asEdgeId } from '../../shared/ids.ts';

/** Buffers of two, three edges at once, and a report counts that is one version behind. */
const POLICY: RoundPolicy = {
  goal: 2, minimum: 1, asked: 3, selectionMs: 5_000, configurationMs: 10_000, reportingMs: 60_000,
  absenceMs: 8_000, retryMs: 2_000, retryLongestMs: 10_000, stages: ['report'], barrier: false, mostStaleness: 1,
};

function play(policy: Partial<RoundPolicy> = {}) {
  const used = { ...POLICY, ...policy };
  let state: RoundState = initialState(0, asDigest('d0'));
  let effects: readonly RoundEffect[] = [];
  let drawn = 0;
  const api = {
    get state() {
      return state;
    },
    /** Of the last event. */
    get effects() {
      return effects;
    },
    get due() {
      return nextTimer(state, used);
    },
    on(event: RoundEvent) {
      ({ state, effects } = step(state, event, used));
      return api;
    },
    start: () => api.on({ type: 'start', at: 0, version: 0, checkpoint: asDigest('d0') }),
    pool: (eligible: number, at = 0) => api.on({ type: 'pool', at, eligible }),
    /** Edges e0, e1, … one after the other. */
    drawn: (count: number, at = 0) => api.on({ type: 'drawn', at, chosen: Array.from({ length: count }, () => ({ id: asAssignmentId(`t.${state.round}.${drawn}`), edge: asEdgeId(`e${drawn++}`) })) }),
    reported: (edge: string, at = 0) => api.on({ type: 'reported', at, reports: [{ index: api.indexOf(edge), examples: 5 }] }),
    ended: (edge: string, at = 0) => api.on({ type: 'ended', at, index: api.indexOf(edge), status: 'declined', reason: 'busy' }),
    updated: (version: number, at = 0, finish: string | null = null) => api.on({ type: 'updated', at, version, checkpoint: asDigest(`d${version}`), finish }),
    indexOf: (edge: string): number => [...itemsOf(state.assignments)].findIndex((one) => one.edge === edge),
    /** `e0 reported 1/0`: counted in buffer 1, no version behind. */
    table: (): string[] => [...itemsOf(state.assignments)].map(({ edge, status, counted }) => `${edge} ${status}${counted ? ` ${counted.round}/${counted.staleness}` : ''}`),
  };
  return api;
}

describe('buffers', () => {
  it('are opened one after the other, and asked for in places that are free', () => {
    const task = play().start();
    expect(task.state).toMatchObject({ round: 1, phase: 'reporting', open: 0, version: 0 });
    expect(task.effects).toEqual([{ type: 'begin', round: 1 }, { type: 'count' }]);
    expect(task.pool(0).effects).toEqual([]);
    // One is better than none: nobody waits for the others.
    expect(task.pool(1).effects).toEqual([{ type: 'draw', count: 3 }]);
    expect(task.drawn(1).effects).toEqual([{ type: 'offer', indices: [0] }]);
    expect(task.pool(7).effects).toEqual([{ type: 'draw', count: 2 }]);
    // A draw may bring more than there are places by now.
    expect(task.drawn(5).effects).toEqual([{ type: 'offer', indices: [1, 2] }]);
    expect(task.pool(7).effects).toEqual([]);
    expect(task.state).toMatchObject({ open: 3, buffer: { issued: 3 } });
  });

  it('close with the goal, while reports and offers go on into the next one', () => {
    const task = play().start().drawn(3).reported('e0', 10);
    expect(task.effects).toEqual([{ type: 'count' }]);
    task.drawn(1, 10);
    // Who has reported has left the table only when its buffer is committed.
    expect(task.table()).toEqual(['e0 reported 1/0', 'e1 offered', 'e2 offered', 'e3 offered']);
    task.reported('e1', 20);
    expect(task.effects).toEqual([{ type: 'update', round: 1 }, { type: 'begin', round: 2 }]);
    expect(task.state).toMatchObject({ round: 2, phase: 'updating', open: 2, reported: 0, version: 0 });
    expect(task.state.buffer?.closing).toEqual({ round: 1, startedAt: 0, closedAt: 20, eligible: 0, issued: 4, reported: 2, staleness: { total: 0, worst: 0 } });
    expect(task.pool(1, 20).effects).toEqual([{ type: 'draw', count: 1 }]);
    task.drawn(1, 20);
    expect(task.state.buffer?.issued).toBe(1);
    // The version that buffer 2 will move is the one that is being made of buffer 1.
    task.reported('e2', 25);
    expect(task.table()).toEqual(['e0 reported 1/0', 'e1 reported 1/0', 'e2 reported 2/1', 'e3 offered', 'e4 offered']);
    task.updated(1, 30);
    expect(task.effects).toEqual([{ type: 'committed', round: 1, version: 1, finish: null }, { type: 'count' }]);
    expect(task.state).toMatchObject({ round: 2, phase: 'reporting', version: 1, checkpoint: 'd1', reported: 1, buffer: { closing: null, staleness: { total: 1, worst: 1 } } });
    task.drawn(1, 40);
    expect(task.effects.map(({ type }) => type)).toEqual(['moved', 'offer']);
    expect(task.effects[0]).toMatchObject({ left: [{ edge: 'e0' }, { edge: 'e1' }] });
    expect(task.effects[1]).toEqual({ type: 'offer', indices: [3] });
    expect(task.table()).toEqual(['e2 reported 2/1', 'e3 offered', 'e4 offered', 'e5 offered']);
  });

  it('take in more than the goal while an update is at work, and close once it is done', () => {
    const task = play({ asked: 6, goal: 1 }).start().drawn(4).reported('e0').reported('e1').reported('e2');
    expect(task.state).toMatchObject({ round: 2, phase: 'updating', reported: 2 });
    task.updated(1, 5);
    expect(task.state).toMatchObject({ round: 2, phase: 'reporting', reported: 2 });
    expect(task.pool(0, 5).effects).toContainEqual({ type: 'update', round: 2 });
    expect(task.state.buffer?.closing).toMatchObject({ round: 2, reported: 2, staleness: { total: 2, worst: 1 } });
  });

  it('release whose report would be too stale by the time it counts', () => {
    const task = play({ goal: 1, asked: 2 }).start().drawn(2).reported('e0').updated(1);
    // e1 is one version behind by now, which is allowed; with the next buffer it is two.
    expect(task.table()).toEqual(['e0 reported 1/0', 'e1 offered']);
    task.drawn(1).reported('e2', 9);
    expect(task.effects.map(({ type }) => type)).toEqual(['release', 'update', 'begin']);
    expect(task.effects[0]).toMatchObject({ indices: [0], reason: '1 versions were made since its own, and its report would count no more' });
    expect(task.table()).toEqual(['e1 released', 'e2 reported 2/0']);
    expect(task.reported('e1', 10).effects).toEqual([]);
  });

  it('go on with the next one where an update fails: after a rest, in which reports count and nobody is asked', () => {
    const task = play().start().drawn(3).reported('e0').reported('e1', 5).on({ type: 'failed', at: 7, round: 1, reason: 'the disk is full' });
    expect(task.effects).toEqual([{ type: 'aborted', round: 1, reason: 'the disk is full', stopped: false }]);
    expect(task.state).toMatchObject({ round: 2, phase: 'resting', deadline: 2007, open: 1, abortsInARow: 1, version: 0 });
    expect(task.pool(9, 8).effects).toEqual([]);
    expect(task.reported('e2', 9).effects).toEqual([]);
    expect(task.state).toMatchObject({ reported: 1, buffer: { closing: null } });
    expect(task.due).toBe(2007);
    expect(task.on({ type: 'timer', at: 2007 }).effects).toEqual([{ type: 'count' }]);
    expect(task.state).toMatchObject({ phase: 'reporting', deadline: null });
  });

  it('are given up where their journal is gone, and the assignments live on', () => {
    const task = play().start().drawn(3).reported('e0').on({ type: 'failed', at: 7, round: 1, reason: 'the journal is damaged' });
    expect(task.effects).toEqual([{ type: 'aborted', round: 1, reason: 'the journal is damaged', stopped: false }, { type: 'begin', round: 2 }, { type: 'count' }]);
    expect(task.state).toMatchObject({ round: 2, phase: 'reporting', open: 2, reported: 0 });
    expect(task.on({ type: 'failed', at: 7, round: 1, reason: 'again' }).effects).toEqual([]);
  });
});

describe('an assignment without a barrier', () => {
  it('ends at its own deadline, and its place is free', () => {
    const task = play().start().drawn(1).drawn(2, 500);
    expect(task.due).toBe(70_000);
    task.on({ type: 'timer', at: 70_000 });
    expect(task.table()).toEqual(['e0 lost', 'e1 offered', 'e2 offered']);
    expect(task.effects).toEqual([{ type: 'release', indices: [0], reason: 'away or overdue' }, { type: 'count' }]);
    expect(task.due).toBe(70_500);
  });

  it('that is declined leaves its place, and the table once somebody else is asked', () => {
    const task = play().start().drawn(3).ended('e1');
    expect(task.effects).toEqual([{ type: 'count' }]);
    task.drawn(1);
    expect(task.table()).toEqual(['e0 offered', 'e2 offered', 'e3 offered']);
    expect(task.effects).toMatchObject([{ type: 'moved', left: [{ edge: 'e1', status: 'declined' }] }, { type: 'offer', indices: [2] }]);
  });

  it('has the absence time after a restart, and more time to report where its own ran out meanwhile', () => {
    const task = play().start().drawn(2).reported('e0').on({ type: 'resumed', at: 65_000 });
    expect(task.effects).toEqual([{ type: 'count' }]);
    expect([...itemsOf(task.state.assignments)][1]).toMatchObject({ edge: 'e1', absentSince: 65_000, deadline: 73_000 });
    expect(task.due).toBe(73_000);
  });

  it('counts for nothing in a task that was stopped, with either buffer', () => {
    const task = play().start().drawn(3).reported('e0').reported('e1').on({ type: 'stop', at: 9, reason: 'the owner' });
    expect(task.effects).toEqual([
      { type: 'aborted', round: 1, reason: 'the owner', stopped: true },
      { type: 'release', indices: [2], reason: 'the owner' },
      { type: 'aborted', round: 2, reason: 'the owner', stopped: true },
    ]);
    expect(task.state).toMatchObject({ phase: 'idle', open: 0, buffer: { closing: null } });
    expect(task.due).toBeNull();
  });
});

it('finishes with the version that is enough, and the buffer that was open ends with it', () => {
  const task = play().start().drawn(3).reported('e0').reported('e1').updated(1, 9, 'good enough');
  expect(task.effects).toEqual([
    { type: 'committed', round: 1, version: 1, finish: 'good enough' },
    { type: 'release', indices: [2], reason: 'good enough' },
    { type: 'aborted', round: 2, reason: 'good enough', stopped: true },
  ]);
  expect(task.state).toMatchObject({ phase: 'idle', version: 1, open: 0 });
});
