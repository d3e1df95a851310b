/** One process of a simulated swarm's peer, from its start to its end: a host, a mesh, and a peer that learns or a liar. */
import { createGossipPeer, type GossipPeer } from '../../../client/gossip/gossip-peer.ts';
import type { GossipEvent } from '../../../client/gossip/events.ts';
import type { Introducer } from '../../../client/gossip/introducer.ts';
import { createMesh, type Mesh } from '../../../client/gossip/mesh.ts';
import { mostFrameBytes } from '../../../client/gossip/most-frame-bytes.ts';
import type { MeshEvent } from '../../../client/gossip/mesh-events.ts';
import { createRendezvousClient } from '../../../client/gossip/rendezvous-client.ts';
import type { Rendezvous } from '../../../shared/gossip/rendezvous.ts';
import { asTaskId, type EdgeId } from '../../../shared/ids.ts';
import type { Link } from '../../../shared/protocol/link.ts';
import type { PeerToIntroducer } from '../../../shared/protocol/peer-messages.ts';
import type { RandomSource } from '../../../shared/random.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';
import type { Layout } from '../../../shared/tensors/layout.ts';
import { faultsOf } from '../fault.ts';
import { createHost, NO_SKEW, type Host } from '../host.ts';
import type { RunContext } from '../run-context.ts';
import type { KnownIdentity } from '../world.ts';
import type { Door, Doors } from './doors.ts';
import { createLiar, type Liar } from './liar.ts';
import type { PeerTraining } from './peer-training.ts';
import type { SwarmFaultOf } from './swarm-fault.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';
import type { SwarmWires } from './swarm-wires.ts';
import { SWARM_TIMES } from './swarm-world.ts';

export interface PeerProcess {
  readonly host: Host;
  readonly mesh: Mesh;
  /** null: it lies. */
  readonly peer: GossipPeer | null;
  readonly startedAt: number;
  /** An introducer let it in at this instant; null: not yet. */
  introducedAt: number | null;
  /** When it last began, ended a round or finished, and how many rounds it has ended. */
  movedAt: number;
  turns: number;
  /** Since when it waits for others in its turn; null: it learns, or has not begun. */
  waitsSince: number | null;
  finished: boolean;
  /** When it was last suspended and resumed: what it does then may be late. */
  suspendedAt: number | null;
  resumedAt: number;
  /** It is being stopped in order. */
  leaving: boolean;
  /** Peers that it shunned. */
  readonly shunned: Set<EdgeId>;
  /** Neighbours that it lost. */
  lost: number;
}

/** With what the peer itself keeps of it. */
export interface StartedProcess extends PeerProcess {
  readonly links: Set<Link<PeerToIntroducer>>;
  readonly liar: Liar | null;
  readonly random: RandomSource;
  listener: Rendezvous | null;
}

/** Whoever lets in, as one peer knows it. */
export interface KnownDoor {
  readonly name: string;
  readonly door: () => Door | null;
  /** Nothing gets through between the peer and it. */
  readonly isCut: () => boolean;
}

/** What outlives a process. */
export interface KeptModel {
  readonly round: number;
  readonly parameters: Float32Array;
}

/** Where a peer lives, whichever process of it runs. */
export interface PeerHouse {
  readonly number: number;
  readonly run: RunContext<SwarmSchedule>;
  readonly task: GossipTask;
  readonly layout: Layout;
  readonly wires: SwarmWires;
  readonly doors: Doors;
  /** Those that this peer knows, by name. */
  readonly introducers: readonly KnownDoor[];
}

export interface PeerProcessOptions extends PeerHouse {
  /** For people: `peer 3`. */
  readonly who: string;
  readonly identity: KnownIdentity;
  /** How it lies; null: it does not. */
  readonly lies: SwarmFaultOf<'liar'> | null;
  readonly training: PeerTraining;
  /** From which it goes on. */
  readonly kept: KeptModel;
  /** Of this process alone. */
  readonly random: RandomSource;
  readonly heardMesh: (process: StartedProcess, event: MeshEvent) => void;
  readonly heardGossip: (process: StartedProcess, event: GossipEvent) => void;
}

/** Begins nothing by itself: mesh and peer are there, and not started. */
export function createPeerProcess({ number, who, identity, run, task, layout, wires, doors, introducers, lies, training, kept, random, heardMesh, heardGossip }: PeerProcessOptions): StartedProcess {
  const { clock, schedule: { world, faults }, struck } = run;
  const skew = faultsOf(faults, 'skew').find(({ peer }) => peer === number) ?? NO_SKEW;
  const host = createHost({ clock, skew, earlyMs: world.earlyTimersMs });
  const links = new Set<Link<PeerToIntroducer>>();
  const logger = run.loggerOf(who, () => host.state === 'dead');
  const introducerOf = ({ name: whose, door, isCut }: KnownDoor): Introducer => createRendezvousClient({
    name: whose, identity, peerName: who, clock: host.clock,
    async connect() {
      const link = await doors.connect(host, door(), isCut);
      links.add(link);
      link.onClose(() => links.delete(link));
      return link;
    },
  });
  const mesh = createMesh({
    task: asTaskId(task.name), identity, clock: host.clock, random: random.fork('mesh'), logger, times: SWARM_TIMES, maxFrameBytes: mostFrameBytes(task, layout.size),
    introducers: introducers.map(introducerOf),
    transports: () => [wires.transportOf(identity.id, host)],
    onEvent: (event) => heardMesh(started, event),
  });
  const onTrained = (): void => {
    started.waitsSince = clock.now();
  };
  const peer = lies !== null ? null : createGossipPeer({
    task, network: mesh, trainer: training(host, onTrained), initial: kept.parameters.slice(), behind: kept.round, clock: host.clock, random: random.fork('peer'), logger,
    onEvent: (event) => heardGossip(started, event),
  });
  const liar = lies === null ? null : createLiar({ habit: lies.habit, everyMs: lies.everyMs, task, layout, mesh, clock: host.clock, random: random.fork('liar'), onLie: () => struck(`lie ${lies.habit}`) });
  const now = clock.now();
  const started: StartedProcess = { host, mesh, peer, liar, links, random, listener: null, startedAt: now, introducedAt: null, movedAt: now, turns: 0, waitsSince: null, finished: false, suspendedAt: null, resumedAt: -Infinity, leaving: false, shunned: new Set(), lost: 0 };
  return started;
}
