import { afterEach, describe, expect, it } from 'vitest';
import { createLobby } from '../../server/gateway/lobby.ts';
import { createMemoryLinks } from '../../simulations/memory-links.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import type { CoordinatorToEdge, EdgeToCoordinator } from '../../shared/protocol/messages.ts';
import { hello, openHandEdge } from '../helpers/hand-edge.ts';
import { createVirtualFederation, type VirtualFederation } from '../helpers/virtual-federation.ts';

const federations: VirtualFederation[] = [];
afterEach(async () => {
  for (const one of federations.splice(0)) await one.stop();
});

function house(most: number) {
  const clock = createVirtualClock();
  const lobby = createLobby(clock, { most, withinMs: 10_000 });
  const enter = () => {
    const link = createMemoryLinks<EdgeToCoordinator, CoordinatorToEdge>({ clock, latencyMs: 1 }).far;
    return { link, leave: lobby.enter(link) };
  };
  return { clock, lobby, enter };
}

describe('the lobby', () => {
  it('refuses whoever comes when it is full, and lets in again when one has left', () => {
    const { lobby, enter } = house(2);
    const [first, second, third] = [enter(), enter(), enter()];
    expect([first.link.closed, second.link.closed, third.link.closed]).toEqual([false, false, true]);
    expect(third.leave).toBeNull();
    first.leave?.();
    expect(enter().link.closed).toBe(false);
    second.link.close('gone');
    expect(enter().link.closed).toBe(false);
    expect(lobby.size).toBe(2);
  });

  it('closes who does not say in time who it is, counts each once and keeps no timer', async () => {
    const { clock, lobby, enter } = house(5);
    const [known, silent, gone] = [enter(), enter(), enter()];
    known.leave?.();
    known.leave?.();
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
