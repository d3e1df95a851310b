import { expect, test } from 'vitest';
import { createGossipPeer } from '../../client/gossip/gossip-peer.ts';
import type { GossipEvent } from '../../client/gossip/events.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { createGraphNetwork } from '../../simulations/gossip/graph-network.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

test('four peers on a ring that each hold one point of y = 2x + 1 find the line', async () => {
  const clock = createVirtualClock();
  const ids = [0, 1, 2, 3].map((i) => asEdgeId(`e${String(i).padStart(20, '0')}`));
  const random = createRandom(1);
  const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'ring' }, 4, random), takes: () => 10 });
  const task = parseGossipTask(toyGossipTask({ algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.05 }, stop: { rounds: 400 } }));
  const events: GossipEvent[] = [];
  const peers = [0, 1, 2, 3].map((x, i) =>
    createGossipPeer({ task, network: network.peer(i), trainer: createToyTrainer([[x, 2 * x + 1]]), initial: new Float32Array(2), clock, random: random.fork(`${i}`), logger: silentLogger, onEvent: (event) => events.push(event) }),
  );
  for (const peer of peers) peer.start();
  // Once all have begun: learning takes no time here, and who were met before would say that they have not.
  clock.after(1, () => network.open());
  await clock.runUntil(() => peers.every(({ round }) => round === 400));
  for (const peer of peers) {
    expect(peer.model()[0]).toBeCloseTo(2, 1);
    expect(peer.model()[1]).toBeCloseTo(1, 1);
  }
  expect(events.flatMap((event) => (event.type === 'turn' ? event.missed : []))).toEqual([]);
  expect(events.filter((event) => event.type === 'turn' && event.merged.length !== 2)).toEqual([]);
  await Promise.all(peers.map((peer) => peer.stop()));
  // Their last words are on their way; no timer of theirs is left behind.
  await clock.runUntil(() => false);
  expect(clock.pending).toBe(0);
});
