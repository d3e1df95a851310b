/** A peer that was stopped waited for replies of a rendezvous that hung: a minute, which is how long any reply is waited for. */
import { expect, it } from 'vitest';
import type { PeerToIntroducer } from '../../shared/protocol/peer-messages.ts';
import type { RequestMap } from '../../shared/protocol/link.ts';
import { createMemoryLinks } from '../../simulations/network/memory-links.ts';
import { createRendezvousWorld, LINE } from '../helpers/rendezvous-house.ts';
import { thrownBy } from '../helpers/thrown.ts';

/** A rendezvous that answers until it hangs. */
function hanging() {
  const world = createRendezvousWorld();
  let hangs = false;
  const client = world.client({
    async connect() {
      const { near, far } = createMemoryLinks<PeerToIntroducer, RequestMap>({ clock: world.clock, latencyMs: 10, carry: (_message, deliver) => (hangs ? undefined : deliver()) });
      world.rendezvous.serve(far as Parameters<typeof world.rendezvous.serve>[0]);
      return near;
    },
  });
  return { world, client, hang: () => void (hangs = true) };
}

it('a peer that gives up joining waits for no reply', async () => {
  for (const answered of [0, 15, 35, 45]) {
    const { world, client, hang } = hanging();
    const stopper = new AbortController();
    const at = world.clock.now();
    world.clock.after(answered, hang);
    world.clock.after(100, () => stopper.abort(new Error('stopped')));
    await thrownBy(() => world.settled(client.join(LINE, stopper.signal)));
    expect(world.clock.now() - at).toBe(100);
    expect(world.clock.pending).toBe(0);
  }
});

it('a peer that leaves waits a second for a last reply', async () => {
  const { world, client, hang } = hanging();
  const introduction = await world.settled(client.join(LINE, new AbortController().signal));
  hang();
  const at = world.clock.now();
  await world.settled(introduction.leave());
  expect(world.clock.now() - at).toBe(1000);
  expect(introduction.closed).toBe(true);
});
