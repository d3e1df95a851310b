/** Random lives of the round's machine: policies, events that may hit or miss, and what the assignment table says of the counts. */
import fc from 'fast-check';
import { itemAt, itemsOf } from '../../server/coordinator/chunked-list.ts';
import { initialState, nextTimer, step } from '../../server/coordinator/machine.ts';
import { isOpen, type RoundEffect, type RoundEvent, type RoundPolicy, type RoundState } from '../../server/coordinator/round-state.ts';
import { asAssignmentId, asDigest, asEdgeId } from '../../shared/ids.ts';

export const anyPolicy: fc.Arbitrary<RoundPolicy> = fc
  .record({
    minimum: fc.integer({ min: 1, max: 4 }),
    overMinimum: fc.integer({ min: 0, max: 3 }),
    overGoal: fc.integer({ min: 0, max: 3 }),
    configurationMs: fc.integer({ min: 1, max: 40 }),
    reportingMs: fc.integer({ min: 1, max: 80 }),
    absenceMs: fc.integer({ min: 1, max: 60 }),
    stages: fc.constantFrom(['report'], ['keys', 'shares', 'masked', 'unmasking']),
    barrier: fc.boolean(),
    mostStaleness: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ minimum, overMinimum, overGoal, ...rest }) => ({
    ...rest, minimum, goal: minimum + overMinimum, asked: minimum + overMinimum + overGoal, selectionMs: 5, retryMs: 10, retryLongestMs: 40,
  }));

/** One thing that happens. `which` picks an assignment by its place in the table, or beyond it. */
export interface Happening {
  readonly type: 'start' | 'pool' | 'answer' | 'drawn' | 'configured' | 'ended' | 'absent' | 'present' | 'reported' | 'everyone' | 'together' | 'updated' | 'failed' | 'timer' | 'due' | 'resumed' | 'stop';
  readonly wait: number;
  readonly count: number;
  readonly which: number;
  readonly flag: boolean;
}

/** Weighted so that most lives get somewhere: a uniform choice stops or fails nearly every round at its start. */
export const anyHappening: fc.Arbitrary<Happening> = fc.record({
  type: fc.oneof(
    { weight: 4, arbitrary: fc.constant('pool' as const) },
    { weight: 6, arbitrary: fc.constant('answer' as const) },
    { weight: 6, arbitrary: fc.constant('configured' as const) },
    { weight: 8, arbitrary: fc.constant('reported' as const) },
    { weight: 5, arbitrary: fc.constant('everyone' as const) },
    { weight: 3, arbitrary: fc.constant('due' as const) },
    { weight: 2, arbitrary: fc.constantFrom('start' as const, 'ended' as const, 'absent' as const, 'present' as const, 'together' as const, 'timer' as const, 'resumed' as const) },
    { weight: 1, arbitrary: fc.constantFrom('drawn' as const, 'updated' as const, 'failed' as const, 'stop' as const) },
  ),
  wait: fc.integer({ min: 0, max: 15 }),
  count: fc.integer({ min: 0, max: 9 }),
  which: fc.oneof({ weight: 9, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.constantFrom(-1, -64, 0.5, 63, 64, 1000, Number.NaN) }),
  flag: fc.boolean(),
});

/** What the driver was asked for and has not answered yet. */
export interface Asked {
  draw: Extract<RoundEffect, { type: 'draw' }> | null;
  update: Extract<RoundEffect, { type: 'update' }> | null;
}

/** The machine with as much of a driver around it as a random life needs. */
export interface MachineLife {
  readonly policy: RoundPolicy;
  state: RoundState;
  now: number;
  readonly asked: Asked;
  issued: number;
}

export const newLife = (policy: RoundPolicy): MachineLife => ({ policy, state: initialState(), now: 0, asked: { draw: null, update: null }, issued: 0 });

export function eventOf(life: MachineLife, happening: Happening): RoundEvent | null {
  const { type, count, which, flag } = happening;
  const at = life.now;
  const { length } = life.state.assignments;
  const index = length > 0 && which >= 0 && which < 9 && Number.isInteger(which) ? which % length : which;
  switch (type) {
    case 'start':
      return { type, at, version: life.state.version, checkpoint: asDigest('') };
    case 'pool':
      return { type, at, eligible: count };
    case 'answer':
      return answer(life, happening);
    case 'drawn':
      return { type, at, chosen: chosen(life, count) };
    case 'configured':
    case 'absent':
    case 'present':
      return { type, at, index };
    case 'ended':
      return { type, at, index, status: flag ? 'withdrawn' : 'declined', reason: 'its own' };
    case 'reported':
      return { type, at, reports: [{ index, examples: flag ? count : null }] };
    case 'everyone':
      return { type: 'reported', at, reports: [...itemsOf(life.state.assignments)].flatMap((assignment, i) => (isOpen(assignment) && assignment.stage === life.state.stage ? [{ index: i, examples: 1 }] : [])) };
    case 'together':
      return { type: 'reported', at, reports: Array.from({ length: count % 4 }, (_, i) => ({ index: index + i, examples: null })) };
    case 'updated':
      return { type, at, version: life.state.version + 1, checkpoint: asDigest(''), finish: flag ? 'enough' : null };
    case 'failed':
      return { type, at, reason: 'the disk is full' };
    case 'timer':
      return { type, at };
    case 'due': {
      const due = nextTimer(life.state, life.policy);
      if (due === null) return null;
      life.now = Math.max(life.now, due);
      return { type: 'timer', at: life.now };
    }
    case 'resumed':
      return { type, at };
    case 'stop':
      return { type, at, reason: 'the owner' };
  }
}

/** The driver's answer to what it was asked; null where nothing is asked. */
export function answer(life: MachineLife, { count, flag, which }: Pick<Happening, 'count' | 'flag' | 'which'>): RoundEvent | null {
  const { draw, update } = life.asked;
  if (draw !== null && (update === null || flag)) return { type: 'drawn', at: life.now, chosen: chosen(life, Math.min(count, draw.count)) };
  if (update === null) return null;
  if (flag && which === 0) return { type: 'failed', at: life.now, reason: 'the update failed' };
  return { type: 'updated', at: life.now, version: life.state.version + 1, checkpoint: asDigest(''), finish: null };
}

function chosen(life: MachineLife, count: number) {
  return Array.from({ length: count }, () => {
    const number = life.issued++;
    return { id: asAssignmentId(`t.${life.state.round}.${number}`), edge: asEdgeId(`e${number}`) };
  });
}

/** Takes one step and remembers what the machine asks for. */
export function take(life: MachineLife, event: RoundEvent): readonly RoundEffect[] {
  const { state, effects } = step(life.state, event, life.policy);
  life.state = state;
  // Without a barrier a draw is asked for in any phase, beside an update too; it is answered by itself.
  const drawn = life.policy.barrier ? state.phase !== 'selection' : event.type === 'drawn' || state.phase === 'idle';
  if (drawn) life.asked.draw = null;
  if (state.phase !== 'updating') life.asked.update = null;
  for (const effect of effects) {
    if (effect.type === 'draw') life.asked.draw = effect;
    if (effect.type === 'update') life.asked.update = effect;
  }
  return effects;
}

export interface Tally {
  readonly open: number;
  readonly configured: number;
  readonly absent: number;
  readonly done: number;
  readonly reported: number;
  /** Without a barrier: those whose reports count in the open buffer, and the versions that they are behind, in all. */
  readonly buffered: number;
  readonly staleness: number;
}

/** Counted afresh from the table. */
export function tally(state: RoundState): Tally {
  let [open, configured, absent, done, reported, buffered, staleness] = [0, 0, 0, 0, 0, 0, 0];
  for (const assignment of itemsOf(state.assignments)) {
    if (isOpen(assignment)) open++;
    if (isOpen(assignment) && assignment.absentSince !== null) absent++;
    if (assignment.status === 'configured') configured++;
    if (assignment.status === 'reported') reported++;
    if (assignment.counted?.round === state.round) {
      buffered++;
      staleness += assignment.counted.staleness;
    }
    if ((isOpen(assignment) || assignment.status === 'reported') && assignment.stage > state.stage) done++;
  }
  return { open, configured, absent, done, reported, buffered, staleness };
}

export const countedIn = (state: RoundState, round: number): number => [...itemsOf(state.assignments)].filter(({ counted }) => counted?.round === round).length;

/** How many assignments became `reported` by this step. */
export function newlyReported(before: RoundState, after: RoundState): number {
  let count = 0;
  for (let i = 0; i < before.assignments.length; i++) {
    const [was, is] = [itemAt(before.assignments, i), itemAt(after.assignments, i)];
    if (was?.status !== 'reported' && is?.status === 'reported' && is.id === was?.id) count++;
  }
  return count;
}

/** `expect` takes longer than the machine's own step: among millions of comparisons it is asked only where one fails. */
export function requireSame(actual: unknown, wanted: unknown, what: string): void {
  if (!Object.is(actual, wanted)) throw new Error(`${what} is ${String(actual)}, must be ${String(wanted)}`);
}
