import { describe, expect, it } from 'vitest';
import { createPacedTelling } from '../../server/coordinator/paced-telling.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';

function house() {
  const clock = createVirtualClock();
  const heard: [number, number][] = [];
  const paced = createPacedTelling<number>(clock, (listener) => heard.push([clock.now(), listener]), { count: 2, pauseMs: 50 });
  return { clock, heard, paced, all: () => clock.runUntil(() => clock.pending === 0) };
}

describe('telling many', () => {
  it('tells the first at once and the others a few at a time, each once', async () => {
    const { heard, paced, all, clock } = house();
    paced.tell([1, 2, 3, 4, 5]);
    expect(heard).toEqual([[0, 1], [0, 2]]);
    await all();
    expect(heard).toEqual([[0, 1], [0, 2], [50, 3], [50, 4], [100, 5]]);
    // Nothing is due any more, so the next is told at once.
    paced.tell([6]);
    expect([heard.at(-1), clock.pending]).toEqual([[100, 6], 0]);
  });

  it('leaves those who wait their places when there is more to say, and starves nobody', async () => {
    const { heard, paced, all } = house();
    paced.tell([1, 2, 3, 4]);
    paced.tell([1, 2, 3, 4]);
    await all();
    expect(heard).toEqual([[0, 1], [0, 2], [50, 3], [50, 4], [100, 1], [100, 2]]);
  });

  it('tells all who wait when asked to, and nobody after its end', async () => {
    const { heard, paced, all, clock } = house();
    paced.tell([1, 2, 3, 4, 5]);
    paced.flush();
    expect([heard.map(([at]) => at), clock.pending]).toEqual([[0, 0, 0, 0, 0], 0]);
    paced.tell([6, 7, 8]);
    paced.stop();
    await all();
    expect(heard.map(([, listener]) => listener)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
