import { describe, expect, it } from 'vitest';
import { commonRound, roundToFollow } from '../../client/gossip/common-round.ts';
import { createMailbox, type Collected } from '../../client/gossip/mailbox.ts';
import { MurmurError } from '../../shared/errors.ts';
import type { Statistic } from '../../shared/statistics/statistic.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { idOf } from '../helpers/membership-swarm.ts';

const [a, b, c] = [idOf(1), idOf(2), idOf(3)];
const letter: Statistic = { weight: 1, fields: {} };
const never = new AbortController().signal;

describe('the round that neighbours are in', () => {
  it('is what more than half of them have reached', () => {
    expect(commonRound([])).toBe(0);
    expect(commonRound([7, 1_000_000])).toBe(7);
    expect(commonRound([7, 1_000_000, 8])).toBe(8);
    expect(commonRound([7, 9, 1_000_000, 8])).toBe(8);
    expect(commonRound([1_000_000, 0, 0])).toBe(0);
  });

  it('is believed of a single one step by step', () => {
    expect(roundToFollow([1000], 5)).toBe(9);
    expect(roundToFollow([6], 5)).toBe(6);
    expect(roundToFollow([1000, 1001], 5)).toBe(1000);
  });
});

describe('a mailbox', () => {
  it('does not wait for who goes meanwhile', async () => {
    const clock = createVirtualClock();
    const mailbox = createMailbox(clock);
    for (const peer of [a, b]) mailbox.begins(peer, 1);
    const collected = mailbox.collect(1, [a, b], 30_000, never);
    mailbox.put(a, 1, letter);
    mailbox.gone(b);
    expect(await collected).toEqual({ received: [{ from: a, statistic: letter }], missed: [] });
    expect(clock.now()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('waits three times for a neighbour that lives and writes nothing, and again once it writes', async () => {
    const clock = createVirtualClock();
    const mailbox = createMailbox(clock);
    mailbox.begins(c, 1);
    const turn = async (round: number): Promise<Collected> => {
      let got: Collected | null = null;
      void mailbox.collect(round, [c], 1000, never).then((collected) => {
        got = collected;
      });
      await clock.runUntil(() => got !== null);
      return got as unknown as Collected;
    };
    for (const round of [1, 2, 3]) expect((await turn(round)).missed).toEqual([c]);
    expect(clock.now()).toBe(3000);
    expect((await turn(4)).missed).toEqual([]);
    expect(clock.now()).toBe(3000);
    mailbox.put(c, 5, letter);
    expect((await turn(5)).received).toHaveLength(1);
    expect((await turn(6)).missed).toEqual([c]);
    expect(clock.now()).toBe(4000);
  });

  it('waits no more in the same turn for who went and came back, and waits again for who says late that it takes part', async () => {
    const clock = createVirtualClock();
    const mailbox = createMailbox(clock);
    mailbox.begins(a, 1);
    mailbox.begins(b, 2);
    mailbox.begins(c, 2);
    mailbox.begins(c, null);
    const collected = mailbox.collect(2, [a, b, c], 1000, never);
    mailbox.gone(a);
    mailbox.begins(a, 2);
    mailbox.begins(c, 2);
    mailbox.put(b, 2, letter);
    await clock.runUntil(() => clock.pending === 0);
    expect(await collected).toEqual({ received: [{ from: b, statistic: letter }], missed: [c] });
    expect(clock.now()).toBe(1000);
  });

  it('gives the first letter of a round, the newest four rounds of who is far ahead, and all of them by round', () => {
    const mailbox = createMailbox(createVirtualClock());
    const of = (weight: number): Statistic => ({ weight, fields: {} });
    for (const round of [3, 1, 2, 2, 5, 4]) mailbox.put(a, round, of(round));
    mailbox.put(b, 4, of(40));
    mailbox.put(a, 4, of(41));
    expect(mailbox.takeAll().map(({ from, statistic }) => [from, statistic.weight])).toEqual([[a, 2], [a, 3], [a, 4], [b, 40], [a, 5]]);
    expect(mailbox.takeAll()).toEqual([]);
  });

  it('gives its wait up when its signal fires, and leaves no timer', async () => {
    const clock = createVirtualClock();
    const mailbox = createMailbox(clock);
    const stopper = new AbortController();
    mailbox.begins(a, 1);
    const first = mailbox.collect(1, [a], 1000, stopper.signal);
    mailbox.put(a, 1, letter);
    expect((await first).received).toHaveLength(1);
    const second = mailbox.collect(2, [a], 1000, stopper.signal);
    stopper.abort(new MurmurError('aborted', 'enough'));
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    expect(clock.pending).toBe(0);
    await expect(mailbox.collect(3, [a], 1000, stopper.signal)).rejects.toMatchObject({ code: 'aborted' });
  });
});
