import { describe, expect, it } from 'vitest';
import { currentTask, EMPTY_VIEW, lastValue, ROUNDS_KEPT, withChoice, withLive, withRounds } from '../../server/dashboard/view-state.ts';
import { liveRound, liveState, liveTask } from '../helpers/live-state.ts';

const numbers = (view: typeof EMPTY_VIEW, task: string): number[] => (view.rounds.get(task) ?? []).map(({ round }) => round);

describe('what the dashboard knows', () => {
  it('shows a running task before others, and the reader’s choice before all', () => {
    const tasks = [
      liveTask({ task: 'old', status: 'finished', startedAt: 1 }),
      liveTask({ task: 'runs', status: 'running', startedAt: 2 }),
      liveTask({ task: 'new', status: 'created', startedAt: 3 }),
    ];
    const view = withLive(EMPTY_VIEW, liveState({ tasks }), 0);
    expect(currentTask(view)?.task).toBe('runs');
    expect(currentTask(withChoice(view, 'old'))?.task).toBe('old');
    expect(currentTask(withChoice(view, 'gone'))?.task).toBe('runs');
    expect(currentTask(withLive(EMPTY_VIEW, liveState({ tasks: [tasks[0], tasks[2]] }), 0))?.task).toBe('new');
    expect(currentTask(EMPTY_VIEW)).toBeNull();
  });

  it('takes all rounds again after a reconnect and has none twice', () => {
    let view = withRounds(EMPTY_VIEW, 'a', [liveRound(1), liveRound(2)]);
    view = withRounds(view, 'a', [liveRound(3)]);
    view = withRounds(view, 'b', [liveRound(9)]);
    view = withRounds(view, 'a', [liveRound(1), liveRound(2, { accuracy: 0.5 }), liveRound(3), liveRound(4)]);
    expect(numbers(view, 'a')).toEqual([1, 2, 3, 4]);
    expect(view.rounds.get('a')?.[1].accuracy).toBe(0.5);
    expect(numbers(view, 'b')).toEqual([9]);
    expect(withRounds(view, 'a', [])).toBe(view);
  });

  it('forgets the oldest rounds beyond its limit', () => {
    const view = withRounds(EMPTY_VIEW, 'a', Array.from({ length: ROUNDS_KEPT + 3 }, (_, i) => liveRound(i + 1)));
    expect(view.rounds.get('a')).toHaveLength(ROUNDS_KEPT);
    expect(view.rounds.get('a')?.[0].round).toBe(4);
  });

  it('counts deadlines on the coordinator’s clock', () => {
    expect(withLive(EMPTY_VIEW, liveState({ now: 5_000 }), 1_200).clockOffset).toBe(3_800);
  });

  it('takes the last metric that there is: an aborted round has none', () => {
    const rounds = [liveRound(1, { accuracy: 0.7 }), liveRound(2, { accuracy: null })];
    expect(lastValue(rounds, 'accuracy')).toBe(0.7);
    expect(lastValue([], 'loss')).toBeNull();
  });
});
