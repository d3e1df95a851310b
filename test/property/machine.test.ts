/** Whatever happens, in whatever order: the machine's counts are those of its table, its effects name what is there, and a round always ends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemAt } from '../../server/coordinator/chunked-list.ts';
import { nextTimer } from '../../server/coordinator/machine.ts';
import { isOpen, type RoundEffect, type RoundState } from '../../server/coordinator/round-state.ts';
import { answer, anyHappening, anyPolicy, countedIn, eventOf, newLife, newlyReported, requireSame, take, tally, type Happening, type MachineLife } from '../helpers/chaos-machine.ts';

const happenings = fc.array(anyHappening, { maxLength: 80, size: 'max' });

/** Lives through the happenings; calls back after each step that was taken. */
function live(life: MachineLife, things: readonly Happening[], onStep: (before: RoundState, effects: readonly RoundEffect[], type: string) => void): void {
  take(life, { type: 'start', at: 0, version: 0, checkpoint: life.state.checkpoint });
  for (const thing of things) {
    life.now += thing.wait;
    const event = eventOf(life, thing);
    if (event === null) continue;
    const before = life.state;
    const effects = take(life, event);
    onStep(before, effects, event.type);
  }
}

describe('the round’s machine', () => {
  it('counts what its assignments say', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyPolicy, happenings, (policy, things) => {
        const life = newLife(policy);
        live(life, things, (before, effects) => {
          const { state } = life;
          seen.add(`${policy.barrier ? 'barrier' : 'free'} ${policy.stages.length} ${state.phase}`);
          const counted = tally(state);
          requireSame(state.open, counted.open, 'open');
          requireSame(state.configured, counted.configured, 'configured');
          requireSame(state.absent, counted.absent, 'absent');
          if (policy.barrier) {
            requireSame(state.done, counted.done, 'done');
            requireSame(state.reported, counted.reported, 'reported');
            return;
          }
          // Without a barrier a report counts for the buffer that is open when it comes, whenever its assignment was issued.
          if (state.phase === 'idle') return;
          requireSame(state.reported, counted.buffered, 'reported in this buffer');
          requireSame(state.done, counted.buffered, 'done in this buffer');
          requireSame(state.buffer?.staleness.total, counted.staleness, 'the staleness of this buffer');
          const { closing } = state.buffer ?? {};
          if (closing) requireSame(countedIn(state, closing.round), closing.reported, 'reported in the closed buffer');
          if (effects.some(({ type }) => type === 'moved')) requireSame(newlyReported(before, state), 0, 'ended by a step that moves the table');
        });
      }),
      { numRuns: 2000 },
    );
    // A run that never left the first phase would pass as well.
    for (const phase of ['initialization', 'selection', 'reporting', 'updating', 'resting', 'idle']) {
      for (const kind of ['barrier 1', 'barrier 4']) expect(seen).toContain(`${kind} ${phase}`);
      if (phase !== 'initialization' && phase !== 'selection') expect(seen).toContain(`free 1 ${phase}`);
    }
    expect(seen).toContain('barrier 1 configuration');
  });

  it('asks for nothing but what is in its table, and closes with the minimum at least', () => {
    fc.assert(
      fc.property(anyPolicy, happenings, (policy, things) => {
        const life = newLife(policy);
        live(life, things, (before, effects, event) => {
          for (const effect of effects) {
            if (effect.type === 'update' && event !== 'resumed') {
              const counted = policy.barrier ? life.state.reported : before.reported + newlyReported(before, life.state);
              expect(counted).toBeGreaterThanOrEqual(policy.minimum);
            }
            if (!('indices' in effect)) continue;
            expect(new Set(effect.indices).size).toBe(effect.indices.length);
            for (const index of effect.indices) {
              const assignment = itemAt(life.state.assignments, index);
              if (!assignment) throw new Error(`${effect.type} names assignment ${index} of ${life.state.assignments.length}`);
              // Who is released has no open assignment any more; who is asked for something has.
              if (effect.type === 'release') expect(isOpen(assignment)).toBe(false);
              if (effect.type === 'stage') expect(assignment.stage).toBe(effect.stage);
            }
          }
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('counts a report once, however often it is said', () => {
    fc.assert(
      fc.property(anyPolicy, happenings, fc.nat(8), (policy, things, which) => {
        const life = newLife({ ...policy, stages: ['report'] });
        live(life, things, () => undefined);
        const say = { type: 'reported' as const, at: life.now, reports: [{ index: which, examples: 1 }] };
        const before = life.state;
        take(life, say);
        const after = life.state;
        expect(newlyReported(before, after)).toBeLessThanOrEqual(1);
        if (after.assignments !== before.assignments && after.round !== before.round) return;
        take(life, say);
        expect(life.state).toBe(after);
        // Twice in one accumulator is not even once.
        const twice = take(life, { ...say, reports: [...say.reports, ...say.reports] });
        expect(twice).toEqual([]);
        expect(life.state).toBe(after);
      }),
      { numRuns: 1000 },
    );
  });

  it('ends every round by its own timers when no edge answers any more', () => {
    const ends = { waiting: 0, next: 0, idle: 0 };
    fc.assert(
      fc.property(anyPolicy, happenings, fc.boolean(), (policy, things, updateFails) => {
        const life = newLife(policy);
        live(life, things, () => undefined);
        const { round, open } = life.state;
        // Each open assignment can be lost at an instant of its own; each stage has one deadline; then comes the rest.
        const bound = open + policy.stages.length + 6 + policy.asked;
        for (let timers = 0; ; ) {
          const { state } = life;
          if (state.phase === 'idle') {
            ends.idle++;
            return;
          }
          if (state.phase === 'initialization' && state.round > round) {
            ends.next++;
            return;
          }
          const due = nextTimer(state, policy);
          const waits = policy.barrier ? state.phase === 'initialization' : state.phase === 'reporting' && state.open === 0;
          if (waits && due === null) {
            // It waits for edges, and goes on as soon as there are enough.
            const effects = take(life, { type: 'pool', at: life.now, eligible: policy.asked });
            // A buffer that is full closes where it is looked at again.
            if (!policy.barrier && state.reported >= policy.goal) expect(effects).toContainEqual({ type: 'update', round: state.round });
            else expect(effects).toEqual([{ type: 'draw', count: Math.max(0, policy.asked - state.open) }]);
            ends.waiting++;
            return;
          }
          // The driver answers what it is asked: the coordinator lives, only the edges do not.
          const answered = answer(life, { count: policy.asked, flag: updateFails, which: 0 });
          if (answered !== null) {
            take(life, answered);
            continue;
          }
          if (due === null) throw new Error(`nothing is due in phase ${state.phase} with ${state.open} open and ${state.reported} reported: the round never ends`);
          if (++timers > bound) throw new Error(`${timers} timers have fired, and round ${round} goes on`);
          life.now = Math.max(life.now, due);
          take(life, { type: 'timer', at: life.now });
          // A timer that changes nothing would be due again at once, for ever.
          if (life.state === state) throw new Error('a timer changed nothing');
        }
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(ends.waiting, ends.next, ends.idle)).toBeGreaterThan(20);
  });

  it('is idle after stop, with nothing open and nothing due, and starts again', () => {
    fc.assert(
      fc.property(anyPolicy, happenings, (policy, things) => {
        const life = newLife(policy);
        live(life, things, () => undefined);
        const { round, phase } = life.state;
        const effects = take(life, { type: 'stop', at: life.now, reason: 'the owner' });
        expect(life.state).toMatchObject({ phase: 'idle', open: 0, configured: 0, deadline: null });
        expect(nextTimer(life.state, policy)).toBeNull();
        // Without a barrier two buffers may be alive, and one is in any case.
        const alive = policy.barrier ? (phase === 'resting' ? 0 : 1) : phase === 'updating' ? 2 : 1;
        expect(effects.filter(({ type }) => type === 'aborted').length).toBe(phase === 'idle' ? 0 : alive);
        // Nothing that comes afterwards wakes it.
        const idle = life.state;
        for (const thing of things) {
          if (thing.type === 'start') continue;
          const event = eventOf(life, thing);
          if (event) requireSame(take(life, event).length, 0, `effects of ${event.type}`);
          // How many could be selected is still told, for whoever looks.
          requireSame(JSON.stringify({ ...life.state, eligible: 0 }), JSON.stringify({ ...idle, eligible: 0 }), `the state after ${thing.type}`);
        }
        const begun = take(life, { type: 'start', at: life.now, version: 3, checkpoint: idle.checkpoint });
        expect(begun).toContainEqual({ type: 'begin', round: round + 1 });
        expect(life.state).toMatchObject({ phase: policy.barrier ? 'initialization' : 'reporting', round: round + 1, version: 3, done: 0, reported: 0, open: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves a state that is not changed by what does not concern it', () => {
    fc.assert(
      fc.property(anyPolicy, happenings, fc.constantFrom(-1, -64, 0.5, 1000, Number.NaN), (policy, things, index) => {
        const life = newLife(policy);
        live(life, things, () => undefined);
        const before = life.state;
        const at = life.now;
        for (const event of [
          { type: 'configured' as const, at, index }, { type: 'absent' as const, at, index }, { type: 'present' as const, at, index },
          { type: 'ended' as const, at, index, status: 'declined' as const, reason: '' }, { type: 'reported' as const, at, reports: [{ index, examples: 1 }] },
        ]) {
          expect(take(life, event)).toEqual([]);
          expect(life.state).toBe(before);
        }
      }),
      { numRuns: 500 },
    );
  });
});
