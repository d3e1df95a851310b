/** What a simulation in gossip mode measures and writes down, by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asEdgeId } from '../../shared/ids.ts';
import { createRandom } from '../../shared/random.ts';
import { buildGraph } from '../../shared/topology/registry.ts';
import { createConsensusSum } from '../../simulations/gossip/consensus.ts';
import { createGraphNetwork } from '../../simulations/gossip/graph-network.ts';
import { createLines } from '../../simulations/gossip/lines.ts';
import { createPeerRounds } from '../../simulations/gossip/peer-rounds.ts';
import { createFleet } from '../../simulations/fleet/create-fleet.ts';
import { parseFleetSpec } from '../../simulations/fleet/fleet-spec.ts';
import { renderReport } from '../../simulations/report/render-report.ts';
import type { RoundLine, RunLine } from '../../simulations/run/record.ts';
import { parseGossipScenario } from '../../simulations/scenario/gossip-scenario.ts';
import { createVirtualClock } from '../../simulations/virtual-clock.ts';
import { smallGossipScenario } from '../helpers/small-scenario.ts';
import { sampleRecord } from '../helpers/sample-record.ts';
import { thrownBy } from '../helpers/thrown.ts';

const turn = (round: number, loss = 1, examples = 10) => ({ type: 'turn' as const, round, loss, examples, merged: [], missed: [] });

describe('the consensus distance', () => {
  it('is the root mean square distance to the mean', () => {
    // The mean is (1, 2); distances 1, 1, 0 and 0.
    const sum = createConsensusSum([0, 0]);
    for (const model of [[0, 2], [2, 2], [1, 2], [1, 2]]) sum.add(Float32Array.from(model));
    expect(sum.result()).toEqual({ peers: 4, mean: Float64Array.of(1, 2), distance: Math.sqrt(2 / 4) });
  });

  it('comes to the same from wherever the differences are taken, and survives models far from 0', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 }), fc.integer({ min: -50, max: 50 }), (models, near) => {
      const [one, other] = [createConsensusSum([0, 0, 0]), createConsensusSum([near, near, near])];
      for (const model of models) for (const sum of [one, other]) sum.add(Float32Array.from(model));
      expect(other.result().distance).toBeCloseTo(one.result().distance, 9);
    }));
    const far = createConsensusSum([1000]);
    for (const value of [1000, 1000.0625]) far.add(Float32Array.of(value));
    expect(far.result().distance).toBe(0.03125);
  });
});

describe('a round of peers', () => {
  const create = () => createPeerRounds({ initial: Float32Array.of(0), isJudged: (peer) => peer === 0 });

  it('has ended when the slowest has ended it, whoever is ahead', () => {
    const rounds = create();
    for (const peer of [0, 1]) rounds.came(peer);
    expect(rounds.turned(0, turn(1, 2, 30), () => Float32Array.of(1))).toEqual([]);
    expect(rounds.turned(0, turn(2), () => Float32Array.of(7))).toEqual([]);
    const [ended, ...more] = rounds.turned(1, turn(1, 4, 10), () => Float32Array.of(3));
    expect(more).toEqual([]);
    expect(ended).toEqual({ round: 1, peers: 2, learned: 2, trainLoss: 2.5, consensus: 1, missed: 0, came: 2, left: 0, models: new Map([[0, Float32Array.of(1)]]) });
  });

  it('that a peer passes over ends without it, and so does one whose last peer leaves', () => {
    const rounds = create();
    for (const peer of [0, 1, 2]) rounds.came(peer);
    for (const round of [1, 2]) rounds.turned(0, turn(round), () => Float32Array.of(0));
    expect(rounds.turned(1, turn(2), () => Float32Array.of(2))).toEqual([]);
    rounds.left(2);
    expect(rounds.ended().map(({ round, learned, peers, left, consensus }) => ({ round, learned, peers, left, consensus }))).toEqual([
      { round: 1, learned: 1, peers: 2, left: 1, consensus: 0 },
      { round: 2, learned: 2, peers: 2, left: 0, consensus: 1 },
    ]);
  });
});

describe('simulated lines', () => {
  it('take what both ends take, one frame after the other', () => {
    const clock = createVirtualClock(1000);
    const devices = createFleet(parseFleetSpec({}), { size: 3, seed: 1 });
    const lines = createLines({ clock, epochMs: 1000, devices, random: createRandom(1) });
    // 100 Mbit/s are 12,500 bytes a millisecond; 5 ms to each end.
    expect(lines.takes(0, 1, 12_500)).toBe(11);
    expect(lines.takes(0, 2, 12_500)).toBe(12);
    // The third line is busy with the second frame until then.
    expect(lines.takes(1, 2, 12_500)).toBe(13);
    expect([lines.takenIn(0), lines.takenIn(1), lines.takenIn(2)]).toEqual([2, 1, 0]);
  });
});

describe('a network over a graph', () => {
  it('in two halves carries nothing across, tells those who lost each other, and brings them together again', async () => {
    const clock = createVirtualClock();
    const ids = [0, 1, 2, 3].map((i) => asEdgeId(`e${String(i).padStart(20, '0')}`));
    const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'ring' }, 4, createRandom(1)), takes: () => 10 });
    const peers = ids.map((_, number) => network.peer(number));
    const seen: string[] = [];
    peers[0].onNeighbour(({ peer, is }) => seen.push(`${ids.indexOf(peer)} ${is}`));
    peers[3].onFrame((from) => seen.push(`frame of ${ids.indexOf(from)}`));
    network.open();
    network.separate((a, b) => a < 2 !== b < 2, 100);
    await peers[0].send(ids[3], new Uint8Array(5));
    expect(peers[0].links(1).to).toEqual([ids[1], ids[3]]);
    await clock.runUntil(() => seen.length === 3);
    expect(peers[0].links(1)).toEqual({ to: [ids[1]], from: [ids[1]], oneWay: false });
    expect(peers[0].members()).toEqual(ids.slice(0, 3));
    expect(await thrownBy(() => peers[0].send(ids[3], new Uint8Array(5)))).toMatchObject({ code: 'disconnected' });
    network.join();
    await peers[0].send(ids[3], new Uint8Array(5));
    await clock.runUntil(() => false);
    expect(seen).toEqual(['1 there', '3 there', '3 gone', '3 there', 'frame of 0']);
    expect([network.sent, network.arrived]).toEqual([[10, 0, 0, 0], [0, 0, 0, 5]]);
  });

  it('brings frames of one instant in the order in which they were sent, by one timer', async () => {
    const clock = createVirtualClock();
    const ids = [0, 1, 2, 3].map((i) => asEdgeId(`e${String(i).padStart(20, '0')}`));
    const network = createGraphNetwork({ clock, ids, graph: buildGraph({ name: 'ring' }, 4, createRandom(1)), takes: (_from, _to, bytes) => bytes });
    const peers = ids.map((_, number) => network.peer(number));
    const seen: [number, number, number, number][] = [];
    peers.forEach((peer, number) => peer.onFrame((from, frame) => seen.push([clock.now(), ids.indexOf(from), number, frame[0]])));
    // The second overtakes nobody of its own pair; the fourth is of another, and comes first.
    await Promise.all([peers[0].send(ids[1], Uint8Array.of(1, 0, 0)), peers[0].send(ids[1], Uint8Array.of(2)), peers[2].send(ids[3], Uint8Array.of(3, 0, 0)), peers[0].send(ids[3], Uint8Array.of(4))]);
    expect(clock.pending).toBe(2);
    await clock.runUntil(() => false);
    expect(seen).toEqual([[1, 0, 3, 4], [3, 0, 1, 1], [3, 0, 1, 2], [3, 2, 3, 3]]);
    // Who posts hears nothing of it, whether there is a way or not.
    peers[1].shun(ids[0], 'enough');
    peers[0].post?.(ids[1], Uint8Array.of(5));
    peers[0].post?.(asEdgeId(`e${'9'.repeat(20)}`), Uint8Array.of(6));
    peers[0].post?.(ids[3], Uint8Array.of(7));
    await clock.runUntil(() => false);
    expect(seen.slice(4)).toEqual([[4, 0, 3, 7]]);
  });
});

describe('a gossip scenario', () => {
  it('is complete after parsing, and ends for no peer before the others', () => {
    const scenario = parseGossipScenario(smallGossipScenario({ target: 0.9 }));
    expect(scenario).toMatchObject({ target: 0.9, evaluation: { everyRounds: 1, peers: 10, examples: 2000 }, faults: null, task: { mode: 'gossip', name: 'small-gossip', stop: { rounds: 6, accuracy: null } } });
  });

  it('is refused with all that is wrong', async () => {
    const wrong = smallGossipScenario({ edges: 3, faults: { churn: { leavePerMinute: 0.1, arrivePerMinute: 0.1 }, partition: { fromRound: 5, untilRound: 2 }, learningPaused: { fromRound: 6, untilRound: 9 } } }, { gossip: { minimumPeers: 4, topology: { name: 'ring' } } });
    const refused = await thrownBy(() => parseGossipScenario(wrong));
    expect(refused).toMatchObject({ code: 'bad_config' });
    expect((refused as { details: { path: string }[] }).details.map(({ path }) => path)).toEqual(['edges', 'faults.churn', 'faults.partition.untilRound', 'faults.learningPaused.fromRound']);
  });
});

it('a report shows the peers, their graph and how fast it lets them agree', () => {
  const { run, rounds } = sampleRecord({ rounds: 4 });
  const gossipRun: RunLine = { ...run, gossip: { way: 'd-psgd', topology: 'ring', contraction: 0.5 } };
  const gossipRounds = rounds.map((line, i): RoundLine => ({ ...line, gossip: { judged: 10, worst: 0.5, consensus: 10 ** -i, missed: i, came: 0, left: 0 } }));
  const page = renderReport([{ run: gossipRun, rounds: gossipRounds, result: null }]);
  // 0.5 to the 4th is less than a tenth.
  for (const text of ['Consensus distance', 'Accuracy of the peers', 'Bytes sent by a peer', 'What went wrong', 'mixing alone brings peers to a tenth of their distance in 4 rounds']) expect(page).toContain(text);
  expect(page).not.toContain('Fairness');
});
