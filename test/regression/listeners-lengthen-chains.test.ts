/** Two peers that listen and let each other in: each took the newest voucher for its own, so that chains grew with each connection, until neither could let anybody in. */
import { expect, it } from 'vitest';
import type { Introducer } from '../../client/gossip/introducer.ts';
import type { Mesh } from '../../client/gossip/mesh.ts';
import { sleep } from '../../shared/clock.ts';
import { MurmurError } from '../../shared/errors.ts';
import { asTaskId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { createVirtualClock, settledIn } from '../../simulations/virtual-clock.ts';
import { createMemoryNet, createMemoryRendezvous, listenerOf, memoryMesh } from '../helpers/memory-swarm.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

it('newcomers get in however often two peers that listen have let each other in', async () => {
  const clock = createVirtualClock();
  const net = createMemoryNet(clock);
  const rendezvous = createMemoryRendezvous(clock, parseGossipTask(toyGossipTask()), 1);
  let renewals = 0;
  /** The other one's listener, whose line breaks once a second. */
  const breaking = (host: () => Mesh | null, publicKey: Uint8Array): Introducer => ({
    name: 'a listener',
    async join(task, signal) {
      const listening = host();
      if (listening === null) throw new MurmurError('disconnected', 'nobody answers');
      const introduction = await listenerOf(clock, listening, publicKey).join(task, signal);
      renewals++;
      clock.after(1000, () => void introduction.leave());
      return introduction;
    },
  });
  const mesh = (name: string, introducers: (publicKey: Uint8Array) => readonly Introducer[]): Mesh =>
    memoryMesh(net, name, introducers, { task: asTaskId('line'), clock, random: createRandom(1).fork(name), logger: silentLogger });
  let first: Mesh | null = null;
  const second = mesh('second', (publicKey) => [rendezvous(publicKey), breaking(() => first, publicKey)]);
  await settledIn(clock, second.start());
  const one = mesh('first', (publicKey) => [rendezvous(publicKey), breaking(() => second, publicKey)]);
  await settledIn(clock, one.start());
  first = one;
  await clock.runUntil(() => renewals >= 40);
  const newcomers = [one, second].map((host, i) => mesh(`newcomer ${i}`, (publicKey) => [listenerOf(clock, host, publicKey)]));
  await settledIn(clock, Promise.all(newcomers.map((newcomer) => newcomer.start())));
  await settledIn(clock, sleep(clock, 20_000));
  for (const { links } of newcomers) expect(links(1).to.length).toBeGreaterThanOrEqual(2);
  await settledIn(clock, Promise.all([one, second, ...newcomers].map((peer) => peer.stop())));
});
