import { expect, test } from 'vitest';
import { createGossipPeer } from '../../client/gossip/gossip-peer.ts';
import type { GossipEvent } from '../../client/gossip/events.ts';
import { systemClock } from '../../shared/clock.ts';
import { asEdgeId } from '../../shared/ids.ts';
import { encodeBegins } from '../../shared/gossip/peer-frames.ts';
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

test('one neighbour that claims to be in a far round draws nobody away', async () => {
  const clock = createVirtualClock();
  const ids = [0, 1, 2, 3, 4].map((i) => asEdgeId(`e${String(i).padStart(20, '0')}`));
  const random = createRandom(2);
  const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'complete' }, 5, random), takes: () => 10 });
  const task = parseGossipTask(toyGossipTask({ stop: { rounds: 1_000_000 } }));
  const turns = new Map<number, number[]>();
  const peers = [0, 1, 2, 3].map((x, i) =>
    createGossipPeer({
      task, network: network.peer(i), trainer: createToyTrainer([[x, x]]), initial: new Float32Array(2), clock, random: random.fork(`${i}`), logger: silentLogger,
      onEvent: (event) => event.type === 'turn' && turns.set(i, [...(turns.get(i) ?? []), event.round]),
    }),
  );
  const liar = network.peer(4);
  for (const peer of peers) peer.start();
  clock.after(1, () => network.open());
  clock.after(5, () => peers.forEach(({ self }) => void liar.send(self, encodeBegins({ round: 900_000, learned: false }))));
  await clock.runUntil(() => peers.every(({ round }) => round >= 20));
  for (const rounds of turns.values()) expect(rounds.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  await Promise.all(peers.map((peer) => peer.stop()));
});

test('a newcomer goes on from what its neighbours have learned, though it starts before they can say so', async () => {
  const clock = createVirtualClock();
  const ids = [0, 1, 2, 3].map((i) => asEdgeId(`e${String(i).padStart(20, '0')}`));
  const random = createRandom(3);
  const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'complete' }, 4, random), takes: () => 10 });
  const task = parseGossipTask(toyGossipTask({ stop: { rounds: 1000 } }));
  const began: GossipEvent[] = [];
  const peerOf = (x: number) =>
    createGossipPeer({ task, network: network.peer(x), trainer: createToyTrainer([[x, x]]), initial: new Float32Array(2), clock, random: random.fork(`${x}`), logger: silentLogger, onEvent: (event) => event.type === 'began' && began.push(event) });
  const first = [0, 1, 2].map(peerOf);
  for (const peer of first) peer.start();
  clock.after(1, () => network.open());
  await clock.runUntil(() => first.every(({ round }) => round >= 10));
  const newcomer = peerOf(3);
  newcomer.start();
  clock.after(1, () => network.open());
  await clock.runUntil(() => newcomer.round > 0);
  const last = began.at(-1);
  expect(last).toMatchObject({ type: 'began', from: ids[0] });
  expect(last?.type === 'began' && last.round).toBeGreaterThanOrEqual(10);
  await Promise.all([...first, newcomer].map((peer) => peer.stop()));
});

test('a peer that waits for nobody leaves others their turn', async () => {
  const [id, other] = [0, 1].map((i) => asEdgeId(`e${String(i).padStart(20, '0')}`));
  const random = createRandom(1);
  // Of the two the other one never comes, and letters are waited for by nobody.
  const network = createGraphNetwork({ clock: systemClock, ids: [id, other], graph: buildGraph({ name: 'ring' }, 2, random), takes: () => null });
  const rounds = 50;
  const task = parseGossipTask(toyGossipTask({ gossip: { way: { name: 'epidemic' }, minimumPeers: 1 }, stop: { rounds } }));
  const seen: number[] = [];
  const peer = createGossipPeer({
    task, network: network.peer(0), trainer: createToyTrainer([[1, 1]]), initial: new Float32Array(2), clock: systemClock, random, logger: silentLogger,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    onEvent: (event) => event.type === 'turn' && void setImmediate(() => seen.push(peer.round - event.round)),
  });
  peer.start();
  await peer.finished;
  // What was set in motion by a turn happened before the next one was over.
  expect(seen.length).toBeGreaterThan(rounds - 3);
  expect(Math.max(...seen)).toBeLessThan(2);
  await peer.stop();
});
