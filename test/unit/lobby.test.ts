import { afterEach, describe, expect, it } from 'vitest';
import { createLobby, type Entry } from '../../shared/protocol/lobby.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { hello, openHandEdge } from '../helpers/hand-edge.ts';
import { createVirtualFederation, type VirtualFederation } from '../helpers/virtual-federation.ts';

const federations: VirtualFederation[] = [];
afterEach(async () => {
  for (const one of federations.splice(0)) await one.stop();
});

const leave = (entry: Entry): void => {
  if (entry.admitted) entry.leave();
};

function house(most: number) {
  const clock = createVirtualClock();
  const lobby = createLobby(clock, { most, withinMs: 10_000 });
  const enter = () => {
    const link = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: 1 }).far;
    return { link, entry: lobby.enter(link) };
  };
  return { clock, lobby, enter };
}

describe('the lobby', () => {
  it('refuses whoever comes when it is full, and lets in again when one has left', () => {
    const { lobby, enter } = house(2);
    const [first, second, third] = [enter(), enter(), enter()];
    expect([first, second, third].map(({ entry }) => entry.admitted)).toEqual([true, true, false]);
    leave(first.entry);
    expect(enter().entry.admitted).toBe(true);
    second.link.close('gone');
    expect(enter().entry.admitted).toBe(true);
    expect(lobby.size).toBe(2);
  });

  it('gives each whom it refuses a time of his own, and closes his link after a second', async () => {
    const { clock, enter } = house(1);
    enter();
    const refused = Array.from({ length: 5 }, enter);
    // 500 sessions are opened a second.
    expect(refused.map(({ entry }) => entry)).toEqual([1000, 1002, 1004, 1006, 1008].map((retryAfterMs) => ({ admitted: false, retryAfterMs })));
    let told = false;
    clock.after(999, () => (told = true));
    await clock.runUntil(() => told);
    expect(refused.map(({ link }) => link.closed)).toEqual([false, false, false, false, false]);
    // The others will have come by then.
    expect(enter().entry).toEqual({ admitted: false, retryAfterMs: 1000 });
    await clock.runUntil(() => clock.now() > 1000);
    expect(refused.map(({ link }) => link.closed)).toEqual([true, true, true, true, true]);
  });

  it('sends nobody away for more than a minute, and has no more than ten refused links for each that may wait', () => {
    const { enter } = house(1);
    enter();
    const refused = Array.from({ length: 30_001 }, enter);
    const waits = refused.flatMap(({ entry }) => (entry.admitted ? [] : [entry.retryAfterMs]));
    expect(Math.max(...waits)).toBe(60_000);
    expect(waits.at(-1)).toBe(1000 + 2 * (30_001 - 29_502));
    expect(refused.filter(({ link }) => !link.closed)).toHaveLength(10);
  });

  it('closes who does not say in time who it is, counts each once and keeps no timer', async () => {
    const { clock, lobby, enter } = house(5);
    const [known, silent, gone] = [enter(), enter(), enter()];
    leave(known.entry);
    leave(known.entry);
    gone.link.close('gone');
    expect([lobby.size, clock.pending]).toEqual([1, 1]);
    let late: number | null = null;
    silent.link.onClose(() => (late = clock.now()));
    await clock.runUntil(() => late !== null);
    expect(late).toBe(10_000);
    expect([known.link.closed, lobby.size, clock.pending]).toEqual([false, 0, 0]);
  });
});

describe('a connection to the coordinator', () => {
  it('ends after ten seconds without a session, however it greets, and not once it has one', async () => {
    const one = await createVirtualFederation();
    federations.push(one);
    const [silent, greeting, open] = [one.connect(), one.connect(), one.connect()];
    const ended: number[] = [];
    for (const link of [silent, greeting]) link.onClose(() => ended.push(one.clock.now() - 1_000_000));
    void hello(greeting);
    void openHandEdge(open, { token: 'enrol' });
    await one.clock.runUntil(() => ended.length === 2);
    expect(ended).toEqual([10_000, 10_000]);
    let later = false;
    one.clock.after(60_000, () => (later = true));
    await one.clock.runUntil(() => later);
    expect(open.closed).toBe(false);
  });
});
