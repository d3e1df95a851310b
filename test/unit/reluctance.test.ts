import { describe, expect, it } from 'vitest';
import { createCalls } from '../../client/gossip/calls.ts';
import { unwantedBy } from '../../client/gossip/dialler.ts';
import { createReluctance } from '../../client/gossip/reluctance.ts';
import { MurmurError } from '../../shared/errors.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { idOf } from '../helpers/membership-swarm.ts';

const [a, b] = [idOf(1), idOf(2)];

describe('a peer that wants nothing to do with this one', () => {
  it('is left alone for 8 ticks, then for 16, and at most for 1024', () => {
    const clock = createVirtualClock();
    let now = 0;
    const reluctance = createReluctance({ ...clock, now: () => now }, 1000);
    for (const ticks of [8, 16, 32, 64, 128, 256, 512, 1024, 1024]) {
      expect(reluctance.isWilling(a)).toBe(true);
      reluctance.refused(a);
      now += 1000 * ticks - 1;
      expect(reluctance.isWilling(a)).toBe(false);
      expect(() => reluctance.requireWilling(a)).toThrow(expect.objectContaining({ code: 'unavailable' }));
      expect(reluctance.isWilling(b)).toBe(true);
      now += 1;
    }
    // It thought better of it.
    reluctance.refused(a);
    reluctance.met(a);
    expect(reluctance.isWilling(a)).toBe(true);
    reluctance.refused(a);
    now += 8000;
    expect(reluctance.isWilling(a)).toBe(true);
  });

  it('is not called meanwhile; one that has no room, or cannot be reached, is', async () => {
    const outcomes = [new MurmurError('disconnected', 'nobody there'), new MurmurError('unavailable', 'no room'), unwantedBy(a)];
    let called = 0;
    const failed: string[] = [];
    const calls = createCalls({ dialler: { call: () => Promise.reject(outcomes[called++]) }, clock: createVirtualClock(), tickMs: 1000, onFailed: (_, { message }) => failed.push(message) });
    for (let i = 0; i < 5; i++) await expect(calls.open(a, 'talk')).rejects.toThrow(MurmurError);
    expect(called).toBe(3);
    expect(failed).toEqual(['nobody there', 'no room', `${a} wants no channel`]);
    expect(calls.counts).toMatchObject({ dials: 3, dialsRefused: 1 });
  });
});
