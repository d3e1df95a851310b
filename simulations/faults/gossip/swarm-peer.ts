/** A peer of a simulated swarm: its process starts, dies and is started again; key and kept model outlive it. */
import type { GossipEvent } from '../../../client/gossip/events.ts';
import type { MeshEvent } from '../../../client/gossip/mesh-events.ts';
import { toMurmurError } from '../../../shared/errors.ts';
import { faultsOf } from '../fault.ts';
import { identityOf, type KnownIdentity } from '../world.ts';
import type { Door } from './doors.ts';
import { createListener } from './listener.ts';
import { createPeerProcess, type KeptModel, type PeerHouse, type PeerProcess, type StartedProcess } from './peer-process.ts';
import { createPeerTraining } from './peer-training.ts';

/** How long whoever looks after a peer takes to start it again when it ended by itself. */
const SUPERVISOR_MS = 500;
/** A peer that is stopped says goodbye to its neighbours and to introducers, and waits for nobody who does not answer. */
const STOP_MS = 2_500;
/** A model that is not older than this is lost at most when the process dies. */
const SAVE_MS = 1_500;

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

export interface SwarmPeerOptions extends PeerHouse {
  readonly listens: boolean;
  readonly onGossip: (own: SwarmPeer, process: PeerProcess, event: GossipEvent) => void;
  readonly onMesh: (own: SwarmPeer, process: PeerProcess, event: MeshEvent) => void;
}

export function createSwarmPeer({ listens, onGossip, onMesh, ...house }: SwarmPeerOptions): SwarmPeer {
  const { number, run, layout, wires, doors } = house;
  const { clock, schedule: { faults }, trace, struck, violate } = run;
  const who = `peer ${number}`;
  const identity = identityOf(who);
  const random = run.random.fork(who);
  const lies = faultsOf(faults, 'liar').find(({ peer }) => peer === number) ?? null;
  const training = createPeerTraining({ number, run, layout, pace: random.fork('training') });
  let processes = 0;
  let kept: KeptModel = { round: 0, parameters: new Float32Array(layout.size) };
  let keptAt = -Infinity;
  let current: StartedProcess | null = null;
  let goneAt: number | null = null;
  let leaving: Promise<void> = Promise.resolve();

  function heardMesh(process: StartedProcess, event: MeshEvent): void {
    if (process.host.state === 'dead') return;
    if (trace) trace(who, `mesh: ${describe(event)}`);
    if (event.type === 'shunned') process.shunned.add(event.peer);
    if (event.type === 'neighbour' && event.is === 'gone') process.lost++;
    onMesh(own, process, event);
  }

  function heardGossip(process: StartedProcess, event: GossipEvent): void {
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

  function keep({ peer }: StartedProcess): void {
    if (peer === null || peer.round === 0) return;
    kept = { round: peer.round, parameters: peer.model() };
    keptAt = clock.now();
  }

  function start(): void {
    if (current !== null || run.finished) return;
    const process = createPeerProcess({ ...house, who, identity, lies, training, kept, random: random.fork(`process ${processes++}`), heardMesh, heardGossip });
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
  async function stopped(process: StartedProcess): Promise<void> {
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
