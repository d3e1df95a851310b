import { describe, expect, test } from 'vitest';
import { createGossipPeer, type GossipPeer } from '../../client/gossip/gossip-peer.ts';
import type { GossipEvent } from '../../client/gossip/events.ts';
import { encodeLetter } from '../../shared/gossip/letter-frame.ts';
import { asDigest, type EdgeId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import { createRandom } from '../../shared/random.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import type { GossipTask, GossipTaskInput } from '../../shared/task/task-spec.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { createGraphNetwork, type GraphNetwork } from '../../simulations/gossip/graph-network.ts';
import { createToyTrainer, TOY_LAYOUT } from '../../simulations/models/toy-trainer.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import { peerId } from '../helpers/gossip-group.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

interface Swarm {
  readonly clock: VirtualClock;
  readonly network: GraphNetwork;
  readonly task: GossipTask;
  readonly peers: readonly GossipPeer[];
  readonly events: { readonly of: number; readonly event: GossipEvent }[];
}

/** Peers that each hold one point of y = 2x + 1, and need each other to find the line. */
function createSwarm(gossip: GossipTaskInput['gossip'], { rounds, topology = { name: 'complete' }, maxNorm = null, silent = 0, takes = () => 10 }: { rounds: number; topology?: { name: string }; maxNorm?: number | null; silent?: number; takes?: (from: number, to: number) => number | null }): Swarm {
  const clock = createVirtualClock();
  const random = createRandom(1);
  const count = 4 + silent;
  const network = createGraphNetwork({ clock, ids: Array.from({ length: count }, (_, i) => peerId(i)), graph: buildGraph(topology, count, random), takes });
  const task = parseGossipTask(toyGossipTask({ algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.05 }, gossip, limits: { maxNorm }, stop: { rounds } }));
  const events: Swarm['events'] = [];
  const peers = [0, 1, 2, 3].map((x) => {
    const trainer = createToyTrainer([[x, 2 * x + 1]]);
    // Learning takes time, so that peers at their own pace take turns.
    const slow = { ...trainer, train: async (options: Parameters<typeof trainer.train>[0]) => clock.work(5 + x, trainer.train(options)) };
    return createGossipPeer({ task, network: network.peer(x), trainer: slow, initial: new Float32Array(2), clock, random: random.fork(`${x}`), logger: silentLogger, onEvent: (event) => events.push({ of: x, event }) });
  });
  return { clock, network, task, peers, events };
}

async function run({ clock, network, peers }: Swarm): Promise<void> {
  for (const peer of peers) peer.start();
  clock.after(1, () => network.open());
  let finished = 0;
  for (const peer of peers) void peer.finished.then(() => finished++);
  await clock.runUntil(() => finished === peers.length);
  await Promise.all(peers.map((peer) => peer.stop()));
  await clock.runUntil(() => false);
  expect(finished).toBe(peers.length);
  expect(clock.pending).toBe(0);
}

const WAYS: readonly (readonly [string, { readonly name: string }])[] = [
  ['D-PSGD', { name: 'd-psgd' }],
  ['push-sum', { name: 'push-sum' }],
  ['push-sum to one at random, SGP', { name: 'push-sum', ...{ to: 'random' } }],
  ['epidemic', { name: 'epidemic' }],
  ['CHOCO, one value of two', { name: 'choco', ...{ codec: { name: 'top-k', fraction: 0.5 }, gamma: 0.5 } }],
  ['CHOCO, bytes', { name: 'choco', ...{ codec: { name: 'int8' } } }],
  ['butterfly', { name: 'group-average' }],
  ['ring', { name: 'group-average', ...{ reduce: 'ring' } }],
  ['pairs in a grid', { name: 'group-average', ...{ groupSize: 2 } }],
];

describe('four peers that each hold one point of y = 2x + 1 find the line', () => {
  test.each(WAYS)('%s', async (_name, way) => {
    const swarm = createSwarm({ way, evaluateEvery: 0 }, { rounds: 600 });
    await run(swarm);
    for (const peer of swarm.peers) {
      expect(Math.abs(peer.model()[0] - 2)).toBeLessThan(0.15);
      expect(Math.abs(peer.model()[1] - 1)).toBeLessThan(0.3);
    }
    expect(swarm.events.filter(({ event }) => event.type === 'refused' || event.type === 'error')).toEqual([]);
  });

  test('all members of a group hold the same model to the bit after each round', async () => {
    const swarm = createSwarm({ way: { name: 'group-average' }, evaluateEvery: 0 }, { rounds: 20 });
    await run(swarm);
    const [first, ...others] = swarm.peers.map((peer) => peer.model());
    for (const other of others) expect(other).toEqual(first);
    for (const { event } of swarm.events) if (event.type === 'turn') expect(event).toMatchObject({ merged: { length: 3 }, missed: [] });
  });

  test('CHOCO, with one letter of ten lost', async () => {
    const random = createRandom(4);
    const swarm = createSwarm({ way: { name: 'choco', ...{ codec: { name: 'int8' } } }, evaluateEvery: 0, patienceSeconds: 1 }, { rounds: 400, takes: () => (random.next() < 0.1 ? null : 10) });
    await run(swarm);
    for (const peer of swarm.peers) expect(Math.abs(peer.model()[0] - 2)).toBeLessThan(0.3);
  });
});

describe('a neighbour that sends what cannot be merged is let go after three letters, and no honest one is', () => {
  const model = (values: Float32Array): Uint8Array => encodeLetter({ round: 1, layout: TOY_LAYOUT.digest }, { weight: 1, fields: { parameters: values, degree: Float64Array.of(4) } });
  const other = encodeLetter({ round: 1, layout: asDigest('0'.repeat(64)) }, { weight: 1, fields: { parameters: new Float32Array(2), degree: Float64Array.of(4) } });
  test.each([
    ['not_finite', model(Float32Array.of(NaN, 1))],
    ['norm_too_large', model(Float32Array.of(1000, 1))],
    ['bad_layout', model(new Float32Array(3))],
    ['bad_layout', other],
    ['bad_frame', Uint8Array.of(1, 2, 3)],
  ] as const)('%s', async (code, frame) => {
    const swarm = createSwarm({ way: { name: 'd-psgd' }, evaluateEvery: 0, patienceSeconds: 1 }, { rounds: 30, maxNorm: 100, silent: 1 });
    const liar = swarm.network.peer(4);
    liar.onFrame(() => undefined);
    for (const at of [20, 30, 40, 50, 60]) swarm.clock.after(at, () => [0, 1, 2, 3].forEach((peer) => void liar.send(peerId(peer), frame).catch(() => undefined)));
    await run(swarm);
    for (const of of [0, 1, 2, 3]) {
      const mine = swarm.events.filter((one) => one.of === of).map(({ event }) => event);
      const refused = mine.filter((event) => event.type === 'refused');
      expect(refused.map(({ from, error, strikes }): [EdgeId, string, number] => [from, error.code, strikes])).toEqual([1, 2, 3].map((strike) => [peerId(4), code, strike]));
      expect(mine.filter((event) => event.type === 'shunned').map(({ peer }) => peer)).toEqual([peerId(4)]);
      const last = mine.filter((event) => event.type === 'turn').at(-1);
      expect(last).toMatchObject({ missed: [], merged: { length: 3 } });
    }
  });
});
