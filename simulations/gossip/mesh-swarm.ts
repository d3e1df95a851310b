/**
 * Whole meshes under a virtual clock: real membership, handshakes, failure detection and channels, over wires that take the
 * time of the fleet's lines, and a real rendezvous that lets newcomers in. Peers vanish without a word, and halves lose each other.
 */
import { keyPairOf } from '#platform/crypto';
import { createMesh, type Mesh } from '../../client/gossip/mesh.ts';
import { createRendezvousClient } from '../../client/gossip/rendezvous-client.ts';
import { createRendezvous } from '../../shared/gossip/rendezvous.ts';
import { asTaskId, type EdgeId } from '../../shared/ids.ts';
import type { IntroducerToPeer, PeerToIntroducer } from '../../shared/protocol/peer-messages.ts';
import { bytesFrom } from '../faults/bytes-from.ts';
import { createMemoryLinks } from '../network/memory-links.ts';
import { createVirtualSwitchboard } from '../network/virtual-switchboard.ts';
import type { SimulatedDevice } from '../fleet/device.ts';
import { openHouse } from './open-house.ts';
import type { Swarm, SwarmOptions } from './swarm.ts';

/** Megabits a second as bytes a millisecond. */
const BYTES_PER_MBIT_MS = 125;
const RENDEZVOUS_MS = 10;

export function createMeshSwarm({ clock, epochMs, task, devices, random, logger }: SwarmOptions): Swarm {
  const root = keyPairOf(bytesFrom(random.fork('root'))(32));
  const name = asTaskId(task.name);
  const rendezvous = createRendezvous({
    clock, logger, random: random.fork('rendezvous'), randomBytes: bytesFrom(random.fork('challenges')),
    house: openHouse(task, root),
  });
  const deviceOf = new Map<EdgeId, number>();
  const living = new Map<number, Mesh>();
  const processes = devices.map(() => 0);
  let gone = { sent: 0, arrived: 0 };
  let areApart: (a: number, b: number) => boolean = () => false;

  const isCut = (one: EdgeId, other: EdgeId): boolean => {
    const [a, b] = [deviceOf.get(one), deviceOf.get(other)];
    return a === undefined || b === undefined || areApart(a, b);
  };
  /** A line is shared by as many wires as a peer has neighbours, all of which are written to at once. */
  const { topology } = task.gossip;
  const sharers = 'degree' in topology && typeof topology.degree === 'number' ? topology.degree : 4;
  const switchboard = createVirtualSwitchboard({
    clock,
    line(caller, called) {
      if (isCut(caller, called)) return null;
      const [near, far] = [caller, called].map((id) => devices[deviceOf.get(id) ?? 0]);
      const at = (): number => clock.now() - epochMs;
      const rate = (from: SimulatedDevice, to: SimulatedDevice): number => Math.max(1e-3, (Math.min(from.link(at()).uplink, to.link(at()).downlink) * BYTES_PER_MBIT_MS) / sharers);
      return { latencyMs: () => near.link(at()).latencyMs + far.link(at()).latencyMs, bytesPerMs: (direction) => (direction === 'up' ? rate(near, far) : rate(far, near)) };
    },
  });

  function stallWhere(holds: (caller: EdgeId, called: EdgeId) => boolean): void {
    for (const { caller, called, wires } of switchboard.wires()) if (holds(caller, called)) wires.stall();
  }

  function bytesOf(mesh: Mesh): { readonly sent: number; readonly arrived: number } {
    const { bytesSent, bytesReceived } = mesh.metrics;
    const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((all, count) => all + count, 0);
    return { sent: sum(bytesSent), arrived: sum(bytesReceived) };
  }

  /** Before it was introduced a mesh has nothing to count. */
  const introduced = new Set<Mesh>();
  const total = (of: 'sent' | 'arrived'): number => [...living.values()].reduce((sum, mesh) => sum + (introduced.has(mesh) ? bytesOf(mesh)[of] : 0), gone[of]);

  return {
    contraction: null,
    // Whoever is introduced meets others by itself.
    open: () => undefined,
    add(device) {
      const own = random.fork(`peer ${device} ${processes[device]++}`);
      const identity = keyPairOf(bytesFrom(own.fork('key'))(32));
      const introducer = createRendezvousClient({
        name: 'the rendezvous', identity, peerName: `peer ${device}`, clock,
        async connect() {
          const { near, far } = createMemoryLinks<PeerToIntroducer, IntroducerToPeer>({ clock, latencyMs: RENDEZVOUS_MS });
          rendezvous.serve(far);
          return near;
        },
      });
      const mesh = createMesh({ task: name, identity, introducers: [introducer], transports: ({ self }) => [switchboard.transportOf(self)], clock, random: own, logger });
      deviceOf.set(mesh.self, device);
      living.set(device, mesh);
      const started = mesh.start().then(() => void introduced.add(mesh));
      return { network: mesh, started };
    },
    async vanish(device) {
      const mesh = living.get(device);
      if (mesh === undefined) return;
      stallWhere((caller, called) => caller === mesh.self || called === mesh.self);
      if (introduced.has(mesh)) gone = { sent: gone.sent + bytesOf(mesh).sent, arrived: gone.arrived + bytesOf(mesh).arrived };
      living.delete(device);
      deviceOf.delete(mesh.self);
      await mesh.stop();
    },
    separate(apart) {
      areApart = apart;
      stallWhere(isCut);
    },
    join() {
      areApart = () => false;
    },
    get sent() {
      return total('sent');
    },
    get arrived() {
      return total('arrived');
    },
    async stop() {
      await Promise.all([...living.values()].map((mesh) => mesh.stop()));
      rendezvous.close();
    },
  };
}
