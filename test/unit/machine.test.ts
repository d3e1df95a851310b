import { describe, expect, it } from 'vitest';
import { itemAt, itemsOf } from '../../server/coordinator/chunked-list.ts';
import { initialState, nextTimer, step } from '../../server/coordinator/machine.ts';
import type { RoundEffect, RoundEvent, RoundPolicy, RoundState } from '../../server/coordinator/round-state.ts';
import { asAssignmentId, asDigest, asEdgeId } from '../../shared/ids.ts';

const POLICY: RoundPolicy = {
  goal: 2, minimum: 1, asked: 3, selectionMs: 5_000, configurationMs: 10_000, reportingMs: 60_000,
  absenceMs: 8_000, retryMs: 2_000, retryLongestMs: 10_000, stages: ['report'], barrier: true, mostStaleness: 1,
};

/** Plays events one after the other and keeps every effect. */
function play(policy: Partial<RoundPolicy> = {}) {
  const used = { ...POLICY, ...policy };
  let state: RoundState = initialState(0, asDigest('d0'));
  let effects: readonly RoundEffect[] = [];
  const api = {
    get state() {
      return state;
    },
    /** Of the last event. */
    get effects() {
      return effects;
    },
    on(event: RoundEvent) {
      ({ state, effects } = step(state, event, used));
      return api;
    },
    /** Started, `count` edges drawn at time 0. */
    drawn(count: number) {
      api.on({ type: 'start', at: 0, version: 0, checkpoint: asDigest('d0') });
      api.on({ type: 'pool', at: 0, eligible: used.asked });
      const chosen = Array.from({ length: count }, (_, i) => ({ id: asAssignmentId(`t.1.${i}`), edge: asEdgeId(`e${i}`) }));
      return api.on({ type: 'drawn', at: 0, chosen });
    },
    configured: (index: number, at = 0) => api.on({ type: 'configured', at, index }),
    reported: (index: number, at = 0) => api.on({ type: 'reported', at, reports: [{ index, examples: 5 }] }),
    timer: (at: number) => api.on({ type: 'timer', at }),
    get due() {
      return nextTimer(state, used);
    },
    statuses: () => [...itemsOf(state.assignments)].map(({ status }) => status),
  };
  return api;
}

const kinds = (effects: readonly RoundEffect[]): string[] => effects.map(({ type }) => type);

describe('the way of one round', () => {
  it('goes through the five phases, over-selects, closes at the goal and begins the next', () => {
    const round = play();
    round.on({ type: 'start', at: 100, version: 0, checkpoint: asDigest('d0') });
    expect(round.state).toMatchObject({ round: 1, phase: 'initialization' });
    expect(round.effects).toEqual([{ type: 'begin', round: 1 }, { type: 'count' }]);
    round.on({ type: 'pool', at: 200, eligible: 3 });
    expect(round.state.phase).toBe('selection');
    expect(round.effects).toEqual([{ type: 'draw', count: 3 }]);
    const chosen = [0, 1, 2].map((i) => ({ id: asAssignmentId(`t.1.${i}`), edge: asEdgeId(`e${i}`) }));
    round.on({ type: 'drawn', at: 300, chosen });
    expect(round.state).toMatchObject({ phase: 'configuration', open: 3, deadline: 10_300 });
    expect(round.effects).toEqual([{ type: 'offer', indices: [0, 1, 2] }]);
    round.configured(0, 400).configured(1, 500);
    expect(round.state.phase).toBe('configuration');
    round.configured(2, 600);
    expect(round.state).toMatchObject({ phase: 'reporting', deadline: 60_600, configured: 3 });
    round.reported(1, 700);
    expect(round.state).toMatchObject({ phase: 'reporting', reported: 1, open: 2 });
    round.reported(0, 800);
    expect(round.state).toMatchObject({ phase: 'updating', reported: 2, open: 0, deadline: null });
    expect(round.effects).toEqual([{ type: 'release', indices: [2], reason: 'the goal was reached without it' }, { type: 'update', round: 1 }]);
    expect(round.statuses()).toEqual(['reported', 'reported', 'released']);
    round.on({ type: 'updated', at: 900, version: 1, checkpoint: asDigest('d1'), finish: null });
    expect(round.state).toMatchObject({ round: 2, phase: 'initialization', version: 1, checkpoint: 'd1', reported: 0 });
    expect(kinds(round.effects)).toEqual(['committed', 'begin', 'count']);
  });

  it('books the time of each phase', () => {
    const round = play().drawn(3).configured(0, 1_000).configured(1, 1_000).configured(2, 3_000).reported(0, 4_000).reported(1, 7_000);
    expect(round.state.phaseMs).toEqual({ initialization: 0, selection: 0, configuration: 3_000, reporting: 4_000 });
  });

  it('waits for more once the minimum is eligible, and selects when that time is over', () => {
    const round = play().on({ type: 'start', at: 0, version: 0, checkpoint: asDigest('d0') }).on({ type: 'pool', at: 1_000, eligible: 1 });
    expect(round.state).toMatchObject({ phase: 'initialization', deadline: 6_000 });
    round.on({ type: 'pool', at: 4_000, eligible: 2 });
    expect(round.state.deadline).toBe(6_000);
    round.timer(6_000);
    expect(round.effects).toEqual([{ type: 'draw', count: 3 }]);
  });

  it('waits without a deadline while too few are eligible', () => {
    const round = play({ minimum: 2 }).on({ type: 'start', at: 0, version: 0, checkpoint: asDigest('d0') }).on({ type: 'pool', at: 0, eligible: 2 });
    expect(round.due).toBe(5_000);
    round.on({ type: 'pool', at: 1_000, eligible: 1 });
    expect(round.due).toBeNull();
    round.timer(9_000);
    expect(round.state.phase).toBe('initialization');
  });

  it('goes back to waiting when those who were eligible are gone at the draw', () => {
    const round = play({ minimum: 2 }).on({ type: 'start', at: 0, version: 0, checkpoint: asDigest('d0') }).on({ type: 'pool', at: 0, eligible: 3 }).on({ type: 'drawn', at: 10, chosen: [] });
    expect(round.state).toMatchObject({ round: 1, phase: 'initialization', eligible: 0 });
  });

  it('takes a report that overtakes its own configuration message', () => {
    const round = play().drawn(3).reported(0).reported(1);
    expect(round.state).toMatchObject({ phase: 'updating', reported: 2, configured: 0 });
  });
});

describe('what goes wrong', () => {
  it('loses at the deadline who is not configured, and goes on with the others', () => {
    const round = play().drawn(3).configured(0).timer(10_000);
    expect(round.statuses()).toEqual(['configured', 'lost', 'lost']);
    expect(round.state).toMatchObject({ phase: 'reporting', open: 1, deadline: 70_000 });
    expect(round.effects).toEqual([{ type: 'release', indices: [1, 2], reason: 'not configured in time' }]);
  });

  it('closes early when nobody is left who could report', () => {
    const round = play().drawn(3).configured(0).configured(1).configured(2).reported(0);
    round.on({ type: 'ended', at: 1, index: 1, status: 'withdrawn', reason: 'battery' });
    expect(round.state.phase).toBe('reporting');
    round.on({ type: 'ended', at: 2, index: 2, status: 'declined', reason: 'no' });
    expect(round.state.phase).toBe('updating');
    expect(kinds(round.effects)).toEqual(['update']);
  });

  it('aborts as soon as the minimum is out of reach, says so, and rests', () => {
    const round = play({ minimum: 2 }).drawn(3);
    round.on({ type: 'ended', at: 1, index: 0, status: 'declined', reason: 'no' });
    round.on({ type: 'ended', at: 2, index: 1, status: 'declined', reason: 'no' });
    expect(round.state).toMatchObject({ phase: 'resting', deadline: 2_002, abortsInARow: 1 });
    expect(round.effects).toEqual([
      { type: 'release', indices: [2], reason: 'the round was aborted' },
      { type: 'aborted', round: 1, reason: '1 of the 2 reports that are needed can still come', stopped: false },
    ]);
  });

  it('doubles the rest with each abort in a row, up to the longest, and starts afresh after a commit', () => {
    const round = play({ minimum: 2 });
    const rests: number[] = [];
    let at = 0;
    round.on({ type: 'start', at, version: 0, checkpoint: asDigest('d0') });
    for (let i = 0; i < 5; i++) {
      round.on({ type: 'pool', at, eligible: 3 });
      round.on({ type: 'drawn', at, chosen: [0, 1].map((n) => ({ id: asAssignmentId(`t.${i}.${n}`), edge: asEdgeId(`e${n}`) })) });
      round.on({ type: 'ended', at, index: 0, status: 'declined', reason: 'no' });
      rests.push((round.state.deadline ?? 0) - at);
      at = round.state.deadline ?? 0;
      round.timer(at);
      expect(round.state).toMatchObject({ phase: 'initialization', round: i + 2 });
    }
    expect(rests).toEqual([2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('commits at the deadline with the minimum, aborts below it', () => {
    const enough = play().drawn(3).configured(0).configured(1).configured(2).reported(2).timer(60_000);
    expect(enough.effects).toEqual([{ type: 'release', indices: [0, 1], reason: 'the deadline passed' }, { type: 'update', round: 1 }]);
    const few = play({ minimum: 2 }).drawn(3).configured(0).configured(1).configured(2).reported(2).timer(60_000);
    expect(few.state.phase).toBe('resting');
    expect(few.effects.at(-1)).toMatchObject({ type: 'aborted', reason: '1 of the 2 reports that are needed came before the deadline' });
  });

  it('gives an absent edge its time to come back, then loses it', () => {
    const round = play().drawn(2).configured(0).configured(1).on({ type: 'absent', at: 1_000, index: 0 });
    expect(round.due).toBe(9_000);
    round.on({ type: 'present', at: 2_000, index: 0 });
    expect(round.due).toBe(60_000);
    round.on({ type: 'absent', at: 3_000, index: 0 }).timer(11_000);
    expect(round.statuses()).toEqual(['lost', 'configured']);
    expect(itemAt(round.state.assignments, 0)?.reason).toBe('away for 8 s');
  });

  it('counts a report once, and none after the end', () => {
    const round = play().drawn(3).reported(0);
    const before = round.state;
    expect(round.reported(0).state).toBe(before);
    round.reported(1);
    const closed = round.state;
    expect(round.reported(2).state).toBe(closed);
  });

  it('counts an aggregator’s reports all together or not at all', () => {
    const round = play({ goal: 3 }).drawn(3).reported(0);
    const before = round.state;
    round.on({ type: 'reported', at: 1, reports: [{ index: 1, examples: 1 }, { index: 0, examples: 1 }] });
    expect(round.state).toBe(before);
    round.on({ type: 'reported', at: 1, reports: [{ index: 1, examples: 1 }, { index: 2, examples: 1 }] });
    expect(round.state).toMatchObject({ phase: 'updating', reported: 3 });
  });

  it('aborts when the update fails', () => {
    const round = play().drawn(3).reported(0).reported(1).on({ type: 'failed', at: 5, reason: 'disk full' });
    expect(round.state.phase).toBe('resting');
    expect(round.effects).toEqual([{ type: 'aborted', round: 1, reason: 'disk full', stopped: false }]);
  });

  it('stops wherever it is, and starts again with the next round', () => {
    const round = play().drawn(3).configured(0).on({ type: 'stop', at: 7, reason: 'enough' });
    expect(round.state.phase).toBe('idle');
    expect(kinds(round.effects)).toEqual(['release', 'aborted']);
    round.on({ type: 'start', at: 8, version: 0, checkpoint: asDigest('d0') });
    expect(round.state).toMatchObject({ round: 2, phase: 'initialization', open: 0 });
  });
});

describe('after a restart', () => {
  it('asks again for what was not answered', () => {
    const drawing = play().on({ type: 'start', at: 0, version: 0, checkpoint: asDigest('d0') }).on({ type: 'pool', at: 0, eligible: 3 }).on({ type: 'resumed', at: 50 });
    expect(drawing.effects).toEqual([{ type: 'draw', count: 3 }]);
    const updating = play().drawn(3).reported(0).reported(1).on({ type: 'resumed', at: 50 });
    expect(updating.effects).toEqual([{ type: 'update', round: 1 }]);
  });

  it('counts who is away anew, also in a state that was stored without that count', () => {
    const { absent: _, ...stored } = play().drawn(3).reported(0).state;
    const { state } = step(JSON.parse(JSON.stringify(stored)) as RoundState, { type: 'resumed', at: 50 }, POLICY);
    expect(state.absent).toBe(2);
    // The first to be away for too long are due before the phase is.
    expect(nextTimer(state, POLICY)).toBe(8_050);
  });

  it('keeps the assignments and gives their edges time to find it again', () => {
    const round = play().drawn(2).configured(0).configured(1).on({ type: 'resumed', at: 59_000 });
    expect(round.state).toMatchObject({ phase: 'reporting', open: 2, deadline: 67_000 });
    expect(round.due).toBe(67_000);
    round.on({ type: 'present', at: 60_000, index: 0 }).reported(0, 61_000).timer(67_000);
    expect(round.state.phase).toBe('updating');
    expect(round.statuses()).toEqual(['reported', 'lost']);
  });
});

describe('stages within reporting', () => {
  const STAGES = { stages: ['keys', 'shares', 'masked report', 'unmasking'], goal: 3, asked: 3, minimum: 2 };

  it('goes from stage to stage with those who completed the last one', () => {
    const round = play(STAGES).drawn(3).configured(0).configured(1).configured(2);
    round.reported(0).reported(1).reported(2, 100);
    expect(round.state).toMatchObject({ phase: 'reporting', stage: 1, done: 0, reported: 0, deadline: 60_100 });
    expect(round.effects).toEqual([{ type: 'stage', stage: 1, indices: [0, 1, 2] }]);
    round.reported(0).reported(1).timer(60_100);
    expect(round.effects).toEqual([
      { type: 'release', indices: [2], reason: 'the stage went on without it' },
      { type: 'stage', stage: 2, indices: [0, 1] },
    ]);
    round.reported(0).reported(1).reported(0).reported(1);
    expect(round.state).toMatchObject({ phase: 'updating', reported: 2 });
  });

  it('aborts when a stage loses more than the minimum allows', () => {
    const round = play(STAGES).drawn(3).configured(0).configured(1).configured(2).reported(0).timer(60_000);
    expect(round.state.phase).toBe('resting');
  });
});

it('leaves the state before an event as it was', () => {
  const round = play().drawn(3);
  const before = structuredClone(round.state);
  const held = round.state;
  round.configured(0).reported(1).timer(1e9);
  expect(held).toEqual(before);
});
