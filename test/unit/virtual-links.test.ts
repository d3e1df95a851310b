/** The links of simulations: order and time of what crosses, and what becomes of it where somebody carries it otherwise. */
import { describe, expect, it } from 'vitest';
import type { Link, RequestMap } from '../../shared/protocol/link.ts';
import type { Carry } from '../../simulations/network/message.ts';
import { createVirtualLinks, type Line } from '../../simulations/network/virtual-links.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { thrownBy } from '../helpers/thrown.ts';

interface Talk extends RequestMap {
  say: { request: { readonly n: number; readonly bytes?: Uint8Array }; reply: { readonly n: number } };
}

const LATENCY_MS = 10;

interface World {
  readonly clock: VirtualClock;
  readonly near: Link<Talk>;
  readonly far: Link<Talk>;
  /** What arrived at the far end, and when. */
  readonly heard: (readonly [n: unknown, at: number])[];
}

function world(line: Partial<Line> = {}): World {
  const clock = createVirtualClock();
  const { near, far } = createVirtualLinks<Talk, Talk>(clock, { latencyMs: () => LATENCY_MS, bytesPerMs: () => Infinity, ...line });
  const heard: World['heard'] = [];
  far.onRequest(async (_type, payload) => {
    const { n } = payload as { readonly n: unknown };
    heard.push([n, clock.now()]);
    return { n };
  });
  return { clock, near, far, heard };
}

/** Asks, and lets time pass until nothing is left to wait for. */
async function ask({ clock, near }: World, ...numbers: readonly number[]): Promise<PromiseSettledResult<{ readonly n: number }>[]> {
  const asked = Promise.allSettled(numbers.map((n) => near.request('say', { n }, { timeoutMs: 1000 })));
  await clock.runUntil(() => false);
  return asked;
}

/** Does something else with the nth message that is of that kind. */
const only = (kind: 'request' | 'reply', nth: number, otherwise: Carry): Carry => {
  let seen = 0;
  return (message, deliver) => (message.kind === kind && ++seen === nth ? otherwise(message, deliver) : deliver());
};

describe('a virtual link', () => {
  it('brings requests and replies in order, after the latency', async () => {
    const all = world();
    expect((await ask(all, 1, 2, 3)).map((settled) => settled.status === 'fulfilled' && settled.value.n)).toEqual([1, 2, 3]);
    expect(all.heard).toEqual([[1, LATENCY_MS], [2, LATENCY_MS], [3, LATENCY_MS]]);
    expect(all.clock.now()).toBeGreaterThanOrEqual(2 * LATENCY_MS);
  });

  it('lets bytes queue on a line that takes only so many', async () => {
    const all = world({ bytesPerMs: (direction) => (direction === 'up' ? 1 : Infinity) });
    const bytes = new Uint8Array(1000);
    const both = Promise.all([all.near.request('say', { n: 1, bytes }), all.near.request('say', { n: 2 })]);
    await all.clock.runUntil(() => false);
    await both;
    expect(all.heard[0][1]).toBeGreaterThan(1000);
    // Behind the first one, by its own few bytes.
    expect(all.heard[1][1]).toBeGreaterThan(all.heard[0][1]);
    expect(all.heard[1][1]).toBeLessThan(all.heard[0][1] + 200);
  });

  it('loses a message for good: the request ends by its time-out', async () => {
    const all = world({ carry: only('request', 2, () => undefined) });
    const [one, two] = await ask(all, 1, 2);
    expect(one.status).toBe('fulfilled');
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'timeout' } });
    expect(all.heard.map(([n]) => n)).toEqual([1]);
  });

  it('brings a message twice, and takes the second reply for none', async () => {
    const all = world({ carry: only('request', 1, (_message, deliver) => (deliver(), deliver(500))) });
    expect(await ask(all, 1)).toMatchObject([{ status: 'fulfilled', value: { n: 1 } }]);
    expect(all.heard).toEqual([[1, LATENCY_MS], [1, LATENCY_MS + 500]]);
  });

  it('lets those behind overtake one that is late, the reply as well as the request', async () => {
    const late = world({ carry: only('request', 1, (_message, deliver) => deliver(200)) });
    expect((await ask(late, 1, 2)).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(late.heard).toEqual([[2, LATENCY_MS], [1, LATENCY_MS + 200]]);
    const reply = world({ carry: only('reply', 1, (_message, deliver) => deliver(200)) });
    const ended: number[] = [];
    for (const n of [1, 2]) void reply.near.request('say', { n }).then(() => ended.push(n));
    await reply.clock.runUntil(() => false);
    expect(ended).toEqual([2, 1]);
  });

  it('brings what somebody made of it, and an error for a reply that is none', async () => {
    const garbled = world({ carry: only('request', 1, (_message, deliver) => deliver(0, { n: 'what' })) });
    await ask(garbled, 1);
    expect(garbled.heard).toEqual([['what', LATENCY_MS]]);
    for (const rubbish of [null, 5, {}, 'reply']) {
      const all = world({ carry: only('reply', 1, (_message, deliver) => deliver(0, rubbish)) });
      expect(await ask(all, 1)).toMatchObject([{ status: 'rejected', reason: { code: 'bad_message' } }]);
    }
  });

  it('takes what is under way with it when it closes, late ones, too', async () => {
    const all = world({ carry: (_message, deliver) => (deliver(), deliver(500)) });
    const asked = thrownBy(() => all.near.request('say', { n: 1 }));
    all.clock.after(1, () => all.far.close('enough'));
    await all.clock.runUntil(() => false);
    expect(await asked).toMatchObject({ code: 'disconnected' });
    expect(all.heard).toEqual([]);
    expect(all.clock.pending).toBe(0);
  });
});
