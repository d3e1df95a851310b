/** Whole meshes over wires in memory, under a virtual clock. */
import { describe, expect, it } from 'vitest';
import type { GossipEvent } from '../../client/gossip/events.ts';
import { createGossipPeer, type GossipPeer } from '../../client/gossip/gossip-peer.ts';
import type { Mesh, MeshOptions } from '../../client/gossip/mesh.ts';
import { createRelayTransport } from '../../client/gossip/relay-transport.ts';
import { sleep } from '../../shared/clock.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import { silentLogger } from '../../shared/logger.ts';
import type { TrainOptions } from '../../shared/model/trainer.ts';
import { createRandom } from '../../shared/random.ts';
import { mostNeighbours } from '../../shared/gossip/membership.ts';
import { parseGossipTask } from '../../shared/task/parse-task-spec.ts';
import type { GossipTaskInput } from '../../shared/task/task-spec.ts';
import { createToyTrainer } from '../../simulations/models/toy-trainer.ts';
import { createVirtualClock, type VirtualClock } from '../../simulations/virtual-clock.ts';
import type { Introducer } from '../../client/gossip/introducer.ts';
import { createMemoryNet, createMemoryRendezvous, listenerOf, memoryMesh } from '../helpers/memory-swarm.ts';
import { toyGossipTask } from '../helpers/toy-task.ts';

function setting(seed: number, gossip: GossipTaskInput['gossip'] = {}, voucherMs?: number) {
  const clock = createVirtualClock();
  const net = createMemoryNet(clock);
  const rendezvous = createMemoryRendezvous(clock, parseGossipTask(toyGossipTask({ gossip })), seed, voucherMs);
  const control = rendezvous(new Uint8Array(32));
  const random = createRandom(seed);
  const meshes: Mesh[] = [];
  const began: Promise<void>[] = [];
  const add = (introducers: (publicKey: Uint8Array) => readonly Introducer[] = (publicKey) => [rendezvous(publicKey)], more: Partial<Pick<MeshOptions, 'transports'>> = {}): Mesh => {
    const mesh = memoryMesh(net, `${seed} ${meshes.length}`, introducers, { task: asTaskId('line'), clock, random: random.fork(`${meshes.length}`), logger: silentLogger, ...more });
    meshes.push(mesh);
    began.push(mesh.start());
    return mesh;
  };
  return { clock, net, control, meshes, add, began };
}

const passed = (clock: VirtualClock, ms: number): Promise<boolean> => {
  const at = clock.now() + ms;
  let over = false;
  clock.after(at - clock.now(), () => {
    over = true;
  });
  return clock.runUntil(() => over);
};

function reached(meshes: readonly Mesh[]): number {
  const byId = new Map(meshes.map((mesh) => [mesh.self, mesh]));
  const seen = new Set<EdgeId>([meshes[0].self]);
  for (const id of seen) for (const next of byId.get(id)?.links(1).to ?? []) if (byId.has(next)) seen.add(next);
  return seen.size;
}

const oneSided = (meshes: readonly Mesh[]): string[] =>
  meshes.flatMap((mesh) => mesh.links(1).to.filter((peer) => meshes.find(({ self }) => self === peer)?.links(1).to.includes(mesh.self) !== true).map((peer) => `${mesh.self} ${peer}`));

async function stopAll(clock: VirtualClock, meshes: readonly Mesh[]): Promise<void> {
  const stopped = Promise.all(meshes.map((mesh) => mesh.stop()));
  let over = false;
  void stopped.then(() => {
    over = true;
  });
  await clock.runUntil(() => over);
  await stopped;
}

describe('gossip peers over a mesh', () => {
  it('learn on when others vanish without a word, and newcomers go on from what was learned', async () => {
    const { clock, net, control, meshes, add, began } = setting(6, { patienceSeconds: 30 });
    const task = parseGossipTask(toyGossipTask({ stop: { rounds: 60 } }));
    const random = createRandom(6);
    const peers: GossipPeer[] = [];
    const events: { readonly peer: EdgeId; readonly at: number; readonly event: GossipEvent }[] = [];
    const learnAt = (mesh: Mesh): GossipPeer => {
      const x = meshes.indexOf(mesh);
      const at = (x % 3) - 1;
      const trainer = createToyTrainer([[at, 2 * at + 1]]);
      // Each round takes a second of virtual time.
      const slow = { ...trainer, train: (options: TrainOptions) => sleep(clock, 1000, options.signal).then(() => trainer.train(options)) };
      const peer = createGossipPeer({
        task, network: mesh, trainer: slow, initial: new Float32Array(2), clock, random: random.fork(`${x}`), logger: silentLogger,
        onEvent: (event) => events.push({ peer: mesh.self, at: clock.now(), event }),
      });
      peers.push(peer);
      peer.start();
      return peer;
    };
    for (let i = 0; i < 12; i++) learnAt(add());
    await Promise.all([clock.runUntil(() => peers.every(({ round }) => round >= 10)), ...began]);
    control.kill();
    const killedAt = clock.now();
    const gone = meshes.slice(0, 4);
    for (const { self } of gone) net.kill(self, 'silent');
    await Promise.all(peers.slice(0, 4).map((peer) => peer.stop()));
    const newcomer = learnAt(add((publicKey) => [listenerOf(clock, meshes[8], publicKey)]));
    await clock.runUntil(() => peers.slice(4).every(({ round }) => round === 60));
    const start = events.find(({ peer, event }) => peer === newcomer.self && event.type === 'began')?.event;
    expect(start?.type === 'began' && start.from !== null && start.round >= 10).toBe(true);
    // Nobody is waited for longer than it takes to see that it is dead.
    const turns = events.filter(({ peer, at, event }) => peer === meshes[5].self && at > killedAt && event.type === 'turn').map(({ at }) => at);
    expect(Math.max(...turns.slice(1).map((at, i) => at - turns[i]))).toBeLessThan(25_000);
    expect(turns.at(-1)).toBeLessThan(killedAt + 120_000);
    for (const peer of peers.slice(4)) {
      expect(peer.model()[0]).toBeCloseTo(2, 0);
      expect(peer.model()[1]).toBeCloseTo(1, 0);
    }
    await Promise.all(peers.map((peer) => peer.stop()));
    await stopAll(clock, meshes);
    await clock.runUntil(() => false);
    expect(clock.pending).toBe(0);
  });
});

describe('a mesh', () => {
  it('forms by one introducer that then dies, takes newcomers in by a peer that listens, and gets over the loss of a third', async () => {
    const { clock, net, control, meshes, add, began } = setting(1);
    for (let i = 0; i < 30; i++) {
      add();
      await passed(clock, 200);
    }
    await Promise.all(began);
    await passed(clock, 30_000);
    expect(reached(meshes)).toBe(30);
    expect(oneSided(meshes)).toEqual([]);
    for (const mesh of meshes) {
      expect(mesh.links(1).to.length).toBeGreaterThanOrEqual(3);
      expect(mesh.links(1).to.length).toBeLessThanOrEqual(mostNeighbours(4));
    }

    control.kill();
    const newcomers = [3, 11].map((at) => add((publicKey) => [listenerOf(clock, meshes[at], publicKey)]));
    await passed(clock, 30_000);
    await Promise.all(began);
    for (const mesh of newcomers) expect(mesh.links(1).to.length).toBeGreaterThanOrEqual(3);
    expect(reached(meshes)).toBe(32);

    const gone = meshes.slice(0, 10);
    gone.forEach(({ self }, i) => net.kill(self, i % 2 === 0 ? 'silent' : 'closed'));
    const left = meshes.slice(10);
    await passed(clock, 90_000);
    expect(reached(left)).toBe(22);
    expect(oneSided(left)).toEqual([]);
    for (const mesh of left) expect(mesh.links(1).to.filter((peer) => gone.some(({ self }) => self === peer))).toEqual([]);

    control.comeBack();
    await passed(clock, 90_000);
    // Those of the newcomers know the listeners alone.
    expect(control.registered.filter((id) => left.some(({ self }) => self === id)).length).toBe(20);
    const late = add();
    await passed(clock, 20_000);
    expect(late.links(1).to.length).toBeGreaterThanOrEqual(3);

    // The dead ones, too: their processes would be gone.
    await stopAll(clock, meshes);
    await clock.runUntil(() => false);
    expect(net.open).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('outlives its vouchers as long as somebody gives new ones, and without the rendezvous takes newcomers in until they run out', async () => {
    const { clock, control, meshes, add, began } = setting(8, {}, 60_000);
    for (let i = 0; i < 6; i++) add();
    await passed(clock, 600_000);
    await Promise.all(began);
    // Old peers show the newcomer theirs, and have each been given many since the first.
    add();
    await passed(clock, 20_000);
    expect(meshes.map((mesh) => mesh.links(1).to.length >= 3)).toEqual(Array.from({ length: 7 }, () => true));

    control.kill();
    const guest = add((publicKey) => [listenerOf(clock, meshes[2], publicKey)]);
    await passed(clock, 20_000);
    expect(guest.links(1).to.length).toBeGreaterThanOrEqual(3);

    await passed(clock, 120_000);
    const links = meshes.map((mesh) => [...mesh.links(1).to]);
    const late = add((publicKey) => [listenerOf(clock, meshes[2], publicKey)]);
    await passed(clock, 60_000);
    expect(late.links(1).to).toEqual([]);
    // Open channels ask for none.
    expect(meshes.slice(0, 8).map((mesh) => mesh.links(1).to)).toEqual(links);

    control.comeBack();
    await passed(clock, 180_000);
    expect(late.links(1).to.length).toBeGreaterThanOrEqual(3);
    expect(reached(meshes)).toBe(9);
    await stopAll(clock, meshes);
    await clock.runUntil(() => false);
    expect(clock.pending).toBe(0);
  });

  it('grows together again after its network fell in two, without the rendezvous', async () => {
    const { clock, net, control, meshes, add } = setting(2);
    for (let i = 0; i < 16; i++) add();
    await passed(clock, 40_000);
    expect(reached(meshes)).toBe(16);
    const half = new Set(meshes.filter((_, i) => i % 2 === 0).map(({ self }) => self));
    net.split((id) => (half.has(id) ? 0 : 1));
    await passed(clock, 120_000);
    for (const mesh of meshes) expect(mesh.links(1).to.filter((peer) => half.has(peer) !== half.has(mesh.self))).toEqual([]);
    net.split(null);
    await passed(clock, 300_000);
    expect(reached(meshes)).toBe(16);
    control.kill();
    await stopAll(clock, meshes);
    await clock.runUntil(() => false);
    expect(clock.pending).toBe(0);
  });

  it('links peers by a graph of the task once there are enough', async () => {
    const { clock, meshes, add } = setting(3, { topology: { name: 'ring' }, minimumPeers: 8 });
    for (let i = 0; i < 7; i++) add();
    await passed(clock, 30_000);
    expect(meshes.flatMap((mesh) => mesh.links(1).to)).toEqual([]);
    add();
    await passed(clock, 60_000);
    const sorted = meshes.map(({ self }) => self).sort();
    for (const mesh of meshes) {
      const at = sorted.indexOf(mesh.self);
      expect(mesh.links(1).to).toEqual([sorted[(at + 1) % 8], sorted[(at + 7) % 8]].sort());
    }
    await stopAll(clock, meshes);
  });

  it('opens a channel to whoever is written to, and gives it up when nobody uses it', async () => {
    const { clock, meshes, add } = setting(4);
    for (let i = 0; i < 20; i++) add();
    // Until those that were opened while the mesh formed are given up.
    await passed(clock, 200_000);
    const [mesh] = meshes;
    const far = meshes.find(({ self }) => self !== mesh.self && !mesh.links(1).to.includes(self) && mesh.members().includes(self)) as Mesh;
    const before = mesh.metrics.channels.memory;
    const frames: Uint8Array[] = [];
    far.onFrame((_, frame) => frames.push(frame));
    const told: string[] = [];
    for (const [own, other] of [[mesh, far], [far, mesh]]) own.onNeighbour(({ peer, is }) => peer === other.self && told.push(is));
    let sent = 0;
    for (let i = 0; i < 3; i++) void mesh.send(far.self, Uint8Array.of(i)).then(() => sent++);
    await clock.runUntil(() => frames.length === 3);
    expect(frames.map(([first]) => first)).toEqual([0, 1, 2]);
    expect(sent).toBe(3);
    expect(mesh.metrics.channels.memory).toBe(before + 1);
    await passed(clock, 90_000);
    expect(mesh.links(1).to).not.toContain(far.self);
    expect(mesh.metrics.channels.memory).toBe(mesh.metrics.neighbours);
    expect(mesh.metrics.died).toBe(0);
    // Both owners hear of it: nothing need be kept of the other.
    expect(told).toEqual(['released', 'released']);
    await stopAll(clock, meshes);
  });

  it('is relayed where no direct path exists, and says so; with the relay those channels end', async () => {
    const { clock, net, control, meshes, add } = setting(7);
    for (let i = 0; i < 4; i++) add(undefined, { transports: ({ self, conduit }) => [net.transport(self), createRelayTransport({ conduit, clock })] });
    // Each alone: no wire can be opened.
    net.split((id) => meshes.findIndex(({ self }) => self === id));
    await clock.runUntil(() => meshes.every((mesh) => mesh.links(1).to.length === 3));
    for (const { metrics } of meshes) expect(metrics.channels).toEqual({ webrtc: 0, memory: 0, relay: 3 });
    const came: Uint8Array[] = [];
    meshes[1].onFrame((_, frame) => came.push(frame));
    void meshes[0].send(meshes[1].self, new Uint8Array(200_000).fill(7));
    await clock.runUntil(() => came.length === 1);
    expect(came[0]).toEqual(new Uint8Array(200_000).fill(7));
    const killedAt = clock.now();
    control.kill();
    await clock.runUntil(() => meshes.every((mesh) => mesh.links(1).to.length === 0));
    // Not after a silence: they are told.
    expect(clock.now() - killedAt).toBeLessThan(100);
    control.comeBack();
    await clock.runUntil(() => meshes.every((mesh) => mesh.links(1).to.length === 3));
    await stopAll(clock, meshes);
    await clock.runUntil(() => false);
    expect(clock.pending).toBe(0);
  });

  it('opens one channel where two call each other at once', async () => {
    const { clock, net, meshes, add } = setting(5);
    for (let i = 0; i < 12; i++) add();
    await passed(clock, 60_000);
    let pairs = 0;
    for (const a of meshes) {
      for (const b of meshes) {
        if (a.self >= b.self || a.links(1).to.includes(b.self)) continue;
        pairs++;
        void a.send(b.self, Uint8Array.of(1));
        void b.send(a.self, Uint8Array.of(2));
      }
    }
    expect(pairs).toBeGreaterThan(20);
    let came = 0;
    for (const mesh of meshes) mesh.onFrame(() => came++);
    await clock.runUntil(() => came === 2 * pairs);
    // Each pair has one channel, of two ends.
    expect(net.open).toBe(12 * 11);
    await stopAll(clock, meshes);
  });

  it('tells whom it shuns so, who then calls less and less often', async () => {
    const { clock, meshes, add } = setting(8);
    for (let i = 0; i < 4; i++) add();
    await passed(clock, 60_000);
    const [shunning, shunned] = meshes;
    const others = meshes.slice(2);
    const before = shunned.metrics;
    shunning.shun(shunned.self, 'it lied');
    await passed(clock, 300_000);
    const soon = shunned.metrics;
    await passed(clock, 7_200_000);
    const late = shunned.metrics;
    // At least one call was made, and each of them was answered.
    expect(soon.dialsRefused).toBeGreaterThan(before.dialsRefused);
    expect(late.dialsFailed).toBe(before.dialsFailed);
    // After 40, 80, 160, … seconds: eight in two hours, and there is nobody else to call.
    expect(late.dialsRefused - before.dialsRefused).toBeLessThanOrEqual(9);
    expect(shunned.members()).not.toContain(shunning.self);
    expect(shunning.members()).not.toContain(shunned.self);
    for (const mesh of others) expect(mesh.members()).toHaveLength(4);
    await stopAll(clock, meshes);
    await clock.runUntil(() => false);
    expect(clock.pending).toBe(0);
  });
});
