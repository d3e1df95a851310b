/** A peer of a simulated swarm: its process starts, dies and is started again; key and kept model outlive it. */
import type { GossipEvent } from '../../../client/gossip/events.ts';
import { createGossipPeer, type GossipPeer } from '../../../client/gossip/gossip-peer.ts';
import type { Introducer } from '../../../client/gossip/introducer.ts';
import { createMesh, type Mesh } from '../../../client/gossip/mesh.ts';
import type { MeshEvent } from '../../../client/gossip/mesh-events.ts';
import { createRendezvousClient } from '../../../client/gossip/rendezvous-client.ts';
import { toMurmurError } from '../../../shared/errors.ts';
import type { Rendezvous } from '../../../shared/gossip/rendezvous.ts';
import { asTaskId, type EdgeId } from '../../../shared/ids.ts';
import type { Trainer } from '../../../shared/model/trainer.ts';
import type { Link } from '../../../shared/protocol/link.ts';
import type { PeerToIntroducer } from '../../../shared/protocol/peer-messages.ts';
import type { RandomSource } from '../../../shared/random.ts';
import type { GossipTask } from '../../../shared/task/task-spec.ts';
import type { Layout } from '../../../shared/tensors/layout.ts';
import { createHost, NO_SKEW, type Host } from '../host.ts';
import { faultsOf } from '../fault.ts';
import type { RunContext } from '../run-context.ts';
import { identityOf, type KnownIdentity } from '../world.ts';
import type { Door, Doors } from './doors.ts';
import { createLiar, type Liar } from './liar.ts';
import { createListener } from './listener.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';
import type { SwarmWires } from './swarm-wires.ts';
import { createSwarmTrainer, SWARM_TIMES } from './swarm-world.ts';

/** How long whoever looks after a peer takes to start it again when it ended by itself. */
const SUPERVISOR_MS = 500;
/** A peer that is stopped says goodbye to its neighbours and to introducers, and waits for nobody who does not answer. */
const STOP_MS = 2_500;
/** A model that is not older than this is lost at most when the process dies. */
const SAVE_MS = 1_500;

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

export interface SwarmPeer {
  readonly number: number;
  readonly identity: KnownIdentity;
  readonly isLiar: boolean;
  readonly process: PeerProcess | null;
  /** When its last process ended; null: none has. */
  readonly goneAt: number | null;
  /** Processes so far. */
  readonly begun: number;
  /** Where newcomers come in; null: nobody listens. */
  readonly door: Door | null;
  start(): void;
  /** Its process is gone. */
  vanish(told: boolean): void;
  suspend(): void;
  resume(): void;
  /** Stops it in order; resolves when that is done. */
  leave(): Promise<void>;
}

/** Whoever lets in, as one peer knows it. */
export interface KnownDoor {
  readonly name: string;
  readonly door: () => Door | null;
  /** Nothing gets through between the peer and it. */
  readonly isCut: () => boolean;
}

export interface SwarmPeerOptions {
  readonly number: number;
  readonly run: RunContext<SwarmSchedule>;
  readonly task: GossipTask;
  readonly layout: Layout;
  readonly wires: SwarmWires;
  readonly doors: Doors;
  /** Those that this peer knows, by name. */
  readonly introducers: readonly KnownDoor[];
  readonly listens: boolean;
  readonly onGossip: (own: SwarmPeer, process: PeerProcess, event: GossipEvent) => void;
  readonly onMesh: (own: SwarmPeer, process: PeerProcess, event: MeshEvent) => void;
}

export function createSwarmPeer({ number, run, task, layout, wires, doors, introducers, listens, onGossip, onMesh }: SwarmPeerOptions): SwarmPeer {
  const { clock, schedule: { world, faults }, trace, struck, violate } = run;
  const who = `peer ${number}`;
  const identity = identityOf(who);
  const random = run.random.fork(who);
  const nonsense = faultsOf(faults, 'nonsense').filter(({ peer }) => peer === number);
  const hangs = faultsOf(faults, 'hang').filter(({ peer }) => peer === number);
  const skew = faultsOf(faults, 'skew').find(({ peer }) => peer === number) ?? NO_SKEW;
  const lies = faultsOf(faults, 'liar').find(({ peer }) => peer === number) ?? null;
  const pace = random.fork('training');
  const name = asTaskId(task.name);
  let trainings = 0;
  let processes = 0;
  let kept: { readonly round: number; readonly parameters: Float32Array } = { round: 0, parameters: new Float32Array(layout.size) };
  let keptAt = -Infinity;
  let current: Started | null = null;
  let goneAt: number | null = null;
  let leaving: Promise<void> = Promise.resolve();

  interface Started extends PeerProcess {
    readonly links: Set<Link<PeerToIntroducer>>;
    readonly liar: Liar | null;
    readonly random: RandomSource;
    listener: Rendezvous | null;
  }

  function introducerOf({ name: whose, door, isCut }: KnownDoor, host: Host, links: Set<Link<PeerToIntroducer>>): Introducer {
    return createRendezvousClient({
      name: whose, identity, peerName: who, clock: host.clock,
      async connect() {
        const link = await doors.connect(host, door(), isCut);
        links.add(link);
        link.onClose(() => links.delete(link));
        return link;
      },
    });
  }

  /** The swarm's own, which takes its time, and now and then gives nonsense. */
  function trainer(host: Host): Trainer {
    const plain = createSwarmTrainer(number, layout);
    let wrong: (typeof nonsense)[number] | undefined;
    return {
      ...plain,
      async train(options) {
        const nth = ++trainings;
        wrong = nonsense.find((one) => one.nth === nth);
        const hang = hangs.find((one) => one.nth === nth);
        if (hang) struck('hang');
        const takes = world.leastTrainingMs + pace.next() * Math.max(0, world.mostTrainingMs - world.leastTrainingMs) + (hang?.ms ?? 0);
        await new Promise<void>((resolve, reject) => {
          const onAbort = (): void => {
            cancel();
            reject(options.signal?.reason as Error);
          };
          const cancel = host.clock.after(takes, () => {
            options.signal?.removeEventListener('abort', onAbort);
            resolve();
          });
          options.signal?.addEventListener('abort', onAbort, { once: true });
        });
        const result = await plain.train(options);
        if (current?.host === host) current.waitsSince = clock.now();
        return result;
      },
      async read() {
        const weights = await plain.read();
        if (!wrong) return weights;
        struck('nonsense');
        weights[wrong.place === 'first' ? 0 : weights.length - 1] = wrong.value === 'nan' ? Number.NaN : Infinity;
        return weights;
      },
    };
  }

  function begin(): Started {
    const host = createHost({ clock, skew, earlyMs: world.earlyTimersMs });
    const own = random.fork(`process ${processes++}`);
    const links = new Set<Link<PeerToIntroducer>>();
    const logger = run.loggerOf(who, () => host.state === 'dead');
    const mesh = createMesh({
      task: name, identity, clock: host.clock, random: own.fork('mesh'), logger, times: SWARM_TIMES,
      introducers: introducers.map((one) => introducerOf(one, host, links)),
      transports: () => [wires.transportOf(identity.id, host)],
      onEvent: (event) => heardMesh(started, event),
    });
    const peer = lies !== null ? null : createGossipPeer({
      task, network: mesh, trainer: trainer(host), initial: kept.parameters.slice(), behind: kept.round, clock: host.clock, random: own.fork('peer'), logger,
      onEvent: (event) => heardGossip(started, event),
    });
    const liar = lies === null ? null : createLiar({ habit: lies.habit, everyMs: lies.everyMs, task, layout, mesh, clock: host.clock, random: own.fork('liar'), onLie: () => struck(`lie ${lies.habit}`) });
    const now = clock.now();
    const started: Started = { host, mesh, peer, liar, links, random: own, listener: null, startedAt: now, introducedAt: null, movedAt: now, turns: 0, waitsSince: null, finished: false, suspendedAt: null, resumedAt: -Infinity, leaving: false, shunned: new Set(), lost: 0 };
    return started;
  }

  function heardMesh(process: Started, event: MeshEvent): void {
    if (process.host.state === 'dead') return;
    if (trace) trace(who, `mesh: ${describe(event)}`);
    if (event.type === 'shunned') process.shunned.add(event.peer);
    if (event.type === 'neighbour' && event.is === 'gone') process.lost++;
    onMesh(own, process, event);
  }

  function heardGossip(process: Started, event: GossipEvent): void {
    if (process.host.state === 'dead') return;
    if (trace) trace(who, describe(event));
    if (event.type === 'turn') {
      process.turns++;
      process.waitsSince = null;
      process.movedAt = clock.now();
      if (clock.now() - keptAt >= SAVE_MS) keep(process);
    } else if (event.type === 'began') process.movedAt = clock.now();
    else if (event.type === 'finished') {
      process.finished = true;
      process.waitsSince = null;
      process.movedAt = clock.now();
    }
    onGossip(own, process, event);
  }

  function keep({ peer }: Started): void {
    if (peer === null || peer.round === 0) return;
    kept = { round: peer.round, parameters: peer.model() };
    keptAt = clock.now();
  }

  function start(): void {
    if (current !== null || run.finished) return;
    const process = begin();
    current = process;
    if (trace) trace(who, 'starts');
    process.mesh.start().then(
      () => {
        process.introducedAt = clock.now();
        if (listens && process.host.state !== 'dead' && !process.leaving) process.listener = createListener(process.mesh, process.host, process.random.fork('listener'), run.loggerOf(`listener ${number}`, () => process.host.state === 'dead'));
      },
      (thrown: unknown) => {
        if (process.host.state !== 'dead' && !process.leaving) violate(`${who} was refused by those who introduce: ${toMurmurError(thrown).message}`);
      },
    );
    process.liar?.start();
    process.peer?.start();
    process.peer?.finished.catch((thrown: unknown) => {
      if (process.host.state === 'dead' || current !== process) return;
      const error = toMurmurError(thrown);
      if (error.code !== 'not_finite') violate(`${who} ended by itself: ${error.code}: ${error.message}`);
      struck('ended by itself');
      void leave().then(() => {
        clock.after(SUPERVISOR_MS, start);
      });
    });
  }

  /** Once it has stopped nothing of it may be left. */
  async function stopped(process: Started): Promise<void> {
    process.leaving = true;
    const began = clock.now();
    await process.peer?.stop();
    process.liar?.stop();
    keep(process);
    if (process.listener !== null) {
      process.listener.close();
      doors.end((_, to) => to === process.host, true, 'the peer stops listening');
    }
    await process.mesh.stop();
    if (process.host.state === 'dead') return;
    const took = clock.now() - began;
    if (took > STOP_MS && process.resumedAt < began) violate(`${who} took ${took} ms to stop`);
    if (process.host.pending > 0) violate(`${who} stopped and left ${process.host.pending} timers behind`);
    const open = wires.openAt(process.host);
    if (open > 0) violate(`${who} stopped and left ${open} wires open`);
    const links = [...process.links].filter(({ closed }) => !closed).length;
    if (links > 0) violate(`${who} stopped and left ${links} links to introducers open`);
    process.host.die();
    goneAt = clock.now();
    if (current === process) current = null;
  }

  function leave(): Promise<void> {
    const process = current;
    if (process === null || process.leaving) return leaving;
    if (trace) trace(who, 'stops');
    leaving = stopped(process);
    return leaving;
  }

  const own: SwarmPeer = {
    number,
    identity,
    isLiar: lies !== null,
    get process() {
      return current;
    },
    get goneAt() {
      return goneAt;
    },
    get begun() {
      return processes;
    },
    get door(): Door | null {
      if (current === null || current.listener === null || current.leaving) return null;
      const { listener, host } = current;
      return { host, serve: (link) => listener.serve(link) };
    },
    start,
    vanish(told) {
      const process = current;
      if (process === null) return;
      current = null;
      goneAt = clock.now();
      // Whoever was stopping it waits no more.
      leaving = Promise.resolve();
      process.host.die();
      wires.lose(process.host, told);
      doors.end((from, to) => from === process.host || to === process.host, told, 'the peer is gone');
    },
    suspend() {
      if (current?.host.state !== 'alive') return;
      current.host.suspend();
      current.suspendedAt = clock.now();
    },
    resume() {
      if (current?.host.state !== 'suspended') return;
      current.suspendedAt = null;
      current.resumedAt = clock.now();
      current.host.resume();
    },
    leave,
  };
  return own;
}

/** An event in a line. */
function describe(event: GossipEvent | MeshEvent): string {
  const { type, ...rest } = event;
  const told = Object.entries(rest).map(([key, value]) => `${key} ${value instanceof Error ? `${toMurmurError(value).code}: ${value.message}` : JSON.stringify(value)}`);
  return `${type} ${told.join(', ')}`;
}
