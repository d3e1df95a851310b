/**
 * What must hold of a swarm while it runs, and what it must come to once there is peace. Peers that lie are peers as far as the
 * mesh is concerned; of rounds only the others are asked.
 */
import { isMurmurError } from '../../../shared/errors.ts';
import { findWay } from '../../../shared/gossip/registry.ts';
import type { EdgeId } from '../../../shared/ids.ts';
import { createRandom } from '../../../shared/random.ts';
import { buildGraph } from '../../../shared/topology/registry.ts';
import type { RunContext } from '../run-context.ts';
import { massOf } from './push-sum-mass.ts';
import type { RendezvousLives } from './rendezvous-lives.ts';
import type { SwarmPeer } from './swarm-peer.ts';
import type { PeerProcess } from './peer-process.ts';
import type { SwarmSchedule, SwarmWorld } from './swarm-schedule.ts';
import type { SwarmWires } from './swarm-wires.ts';
import { SWARM_TIMES, taskOf } from './swarm-world.ts';

const LOOK_MS = 500;
/** Clocks that go wrong, timers that come early, what is under way. */
const SLACK = 1.1;
const SLACK_MS = 200;
/** Of sums of a few thousand float64. */
const ROUNDING = 1e-9;
/** Rounds that each peer must end in peace. */
const ROUNDS_IN_PEACE = 2;
/** Of graphs with a period, rounds whose links together are all that there are. */
const LONGEST_PERIOD = 8;

/** How long a peer may list one that is dead: silent for so long, and one look of the failure detector more. */
const DEAD_MS = (SWARM_TIMES.deadMs + 2 * SWARM_TIMES.quietMs) * SLACK + SLACK_MS;

const ATTEMPT_MS = SWARM_TIMES.openMs * SLACK + SLACK_MS;

/** How long a turn may wait for others at most, whatever they do. */
export function longestTurnMs({ way, patienceSeconds, peers }: SwarmWorld): number {
  const patienceMs = patienceSeconds * 1000;
  // A group waits three and a half times its patience before it goes on without a member, and may lose one after the other.
  const waits = findWay(way.name).kind === 'group' ? 4 * peers : 1;
  return waits * patienceMs * SLACK + SLACK_MS;
}

export interface SwarmWatch {
  start(): void;
  /** What keeps the swarm from being as it should be in peace; null: nothing. */
  unsettled(peaceAt: number): string | null;
  stop(): void;
}

export function createSwarmWatch(run: RunContext<SwarmSchedule>, peers: readonly SwarmPeer[], introducers: RendezvousLives, wires: SwarmWires): SwarmWatch {
  const { clock, schedule: { world }, violate } = run;
  const byId = new Map(peers.map((peer) => [peer.identity.id, peer]));
  const turnMs = longestTurnMs(world);
  const told = new Set<PeerProcess>();
  let massSaid = false;
  let cancel = (): void => undefined;

  const nameOf = (id: EdgeId): string => `peer ${byId.get(id)?.number ?? '?'}`;
  const isAwake = (process: PeerProcess): boolean => process.host.state === 'alive' && !process.leaving;

  function linksOf({ mesh }: PeerProcess): ReadonlySet<EdgeId> {
    return new Set(Array.from({ length: LONGEST_PERIOD }, (_, round) => mesh.links(round + 1)).flatMap(({ to, from }) => [...to, ...from]));
  }

  /** A process that hears late, since it was suspended, judges nobody by that time. */
  function overdue(process: PeerProcess, since: number, ms: number): boolean {
    return clock.now() - Math.max(since, process.resumedAt) > ms;
  }

  function lookAt(own: SwarmPeer, process: PeerProcess): void {
    if (!isAwake(process) || told.has(process)) return;
    if (process.waitsSince !== null && overdue(process, process.waitsSince, turnMs)) {
      told.add(process);
      violate(`peer ${own.number} has waited for ${clock.now() - process.waitsSince} ms in its turn after round ${process.peer?.round ?? 0}`);
    }
    for (const id of linksOf(process)) {
      const other = byId.get(id);
      if (other === undefined || other.process !== null || other.goneAt === null || !overdue(process, other.goneAt, DEAD_MS)) continue;
      told.add(process);
      violate(`peer ${own.number} keeps peer ${other.number} among its neighbours, which has been dead for ${clock.now() - other.goneAt} ms`);
    }
  }

  /** Whoever died a while ago has been missed by all: what they sent there is given up. */
  const isQuiet = (): boolean => peers.every(({ goneAt, process }) => (goneAt === null || clock.now() - goneAt > 2 * DEAD_MS) && (process === null || (process.host.state === 'alive' && overdue(process, 0, 2 * DEAD_MS))));

  /** Each process brought 1 with it; what the dead held, or gave up, is gone. Where nobody died and no link was given up, all of it is there. */
  function lookAtMass(): void {
    if (massSaid || !isQuiet()) return;
    const living = peers.flatMap(({ identity, process }) => (process?.peer?.wayState == null ? [] : [[identity.id, process.peer.wayState] as const]));
    const begun = peers.reduce((sum, { isLiar, begun: times }) => sum + (isLiar ? 0 : times), 0);
    const mass = massOf(new Map(living));
    const isWhole = living.length === begun && peers.every(({ process }) => (process?.lost ?? 0) === 0);
    if (mass <= begun * (1 + ROUNDING) && (!isWhole || mass >= begun * (1 - ROUNDING))) return;
    massSaid = true;
    violate(`of a weight of ${begun}, ${mass} is in peers and on links`);
  }

  /** Peers that live, with those linked to each other in the same part. */
  function partsOf(living: readonly SwarmPeer[]): ReadonlyMap<EdgeId, number> {
    const part = new Map<EdgeId, number>();
    const links = new Map(living.map((peer) => [peer.identity.id, peer.process === null ? new Set<EdgeId>() : linksOf(peer.process)]));
    living.forEach((first, number) => {
      const todo = [first.identity.id];
      for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
        if (part.has(id)) continue;
        part.set(id, number);
        const here = id;
        for (const [other, theirs] of links) if (links.get(here)?.has(other) === true || theirs.has(here)) todo.push(other);
      }
    });
    return part;
  }

  /** Whether so many peers have links at all, and the same on both sides: a graph is of those who all know each other, and whoever shunned a liar knows others than who did not. */
  function areLinked(count: number): boolean {
    const { topology } = taskOf(world).gossip;
    if (topology.name === 'overlay') return true;
    if (run.strikes.shunned || count < world.minimumPeers) return false;
    try {
      buildGraph(topology, count, createRandom(0));
      return true;
    } catch (thrown) {
      if (isMurmurError(thrown, 'bad_config')) return false;
      throw thrown;
    }
  }

  function unsettled(peaceAt: number): string | null {
    const living = peers.filter(({ process }) => process !== null && !process.leaving);
    const hasDoor = introducers.all.some(({ answers }) => answers) || living.some(({ door }) => door !== null);
    const parts = partsOf(living);
    const honest = living.filter(({ isLiar }) => !isLiar);
    /** Peers that it can count on, once all that can find together have. */
    const around = (peer: SwarmPeer): number => (hasDoor ? honest : honest.filter((one) => parts.get(one.identity.id) === parts.get(peer.identity.id))).length;
    const linked = areLinked(living.length);
    for (const own of living) {
      const { number, process } = own;
      if (process === null) continue;
      const who = `peer ${number}`;
      if (process.host.state !== 'alive') return `${who} is suspended`;
      if (process.introducedAt === null) {
        if (hasDoor) return `${who} was not introduced`;
        continue;
      }
      const links = linksOf(process);
      for (const id of links) {
        const other = byId.get(id);
        if (other?.process === null) return `${who} has ${nameOf(id)} for a neighbour, which is gone`;
        if (process.shunned.has(id)) return `${who} has ${nameOf(id)} for a neighbour, which it shunned`;
        if (linked && other?.process != null && !linksOf(other.process).has(own.identity.id)) return `${who} has ${nameOf(id)} for a neighbour, and not the other way round`;
      }
      const channels = Object.values(process.mesh.metrics.channels).reduce((sum, count) => sum + count, 0);
      // Others belong to attempts, which end by themselves.
      const old = wires.openAt(process.host, clock.now() - ATTEMPT_MS);
      if (old > channels || channels > wires.openAt(process.host)) return `${who} has ${channels} channels, and ${old} wires that are older than any attempt`;
      if (own.isLiar) continue;
      if (!process.finished && around(own) >= world.minimumPeers && (process.turns < ROUNDS_IN_PEACE || process.movedAt < peaceAt)) return `${who} has ended ${process.turns} rounds, the last of them ${clock.now() - process.movedAt} ms ago`;
    }
    // Without a door two parts that have lost each other have no way for their signals.
    if (!hasDoor || !linked) return null;
    const first = honest.at(0);
    const apart = honest.find((peer) => first !== undefined && parts.get(peer.identity.id) !== parts.get(first.identity.id));
    return apart === undefined || first === undefined ? null : `peers ${first.number} and ${apart.number} are in different parts of the swarm`;
  }

  return {
    start() {
      const look = (): void => {
        cancel = clock.after(LOOK_MS, look);
        for (const own of peers) if (own.process !== null) lookAt(own, own.process);
        if (world.way.name === 'push-sum') lookAtMass();
      };
      look();
    },
    unsettled,
    stop: () => cancel(),
  };
}
