/**
 * A whole swarm in memory in which everything breaks that its schedule names: real gossip peers, meshes, handshakes, channels and
 * rendezvous over virtual wires and clocks. The run depends on its schedule alone.
 */
import type { GossipEvent } from '../../../client/gossip/events.ts';
import type { MeshEvent } from '../../../client/gossip/mesh-events.ts';
import type { EdgeId } from '../../../shared/ids.ts';
import type { FaultRun, RunOptions } from '../fault-kind.ts';
import { faultsOf } from '../fault.ts';
import { createRunContext } from '../run-context.ts';
import { identityOf } from '../world.ts';
import { createDoors } from './doors.ts';
import { createGroupLedger } from './group-ledger.ts';
import { createRendezvousLives } from './rendezvous-lives.ts';
import type { SwarmFault } from './swarm-fault.ts';
import { createSwarmPeer, type SwarmPeer } from './swarm-peer.ts';
import type { KnownDoor, PeerProcess } from './peer-process.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';
import { createSwarmWatch } from './swarm-watch.ts';
import { createSwarmWires } from './swarm-wires.ts';
import { layoutOf, taskOf } from './swarm-world.ts';

/** Nothing more is broken from this virtual instant on, and by so much later the swarm must be whole and learning. */
export const PEACE_MS = 6_500;
const SETTLED_WITHIN_MS = 150_000;
const STOPPED_WITHIN_MS = 30_000;
const LOOK_MS = 250;
/** Looks in a row at which all was well. */
const LOOKS = 3;
/** What rounding may add to a mean of values, as a share of the greatest. */
const ROUNDING = 1e-4;

export async function runSwarm(schedule: SwarmSchedule, { onTrace, onUnhandled }: RunOptions): Promise<FaultRun> {
  const { world, faults } = schedule;
  const run = createRunContext(schedule, onTrace);
  const { clock, trace, struck, violate } = run;
  const unlisten = onUnhandled?.((thrown) => violate(`nobody handled a rejection: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`));
  const task = taskOf(world);
  const layout = layoutOf(world);
  const ids = Array.from({ length: world.peers }, (_, number) => identityOf(`peer ${number}`).id);
  const numberOf = (id: EdgeId): number => ids.indexOf(id);
  const nameOf = (id: EdgeId): string => `peer ${numberOf(id)}`;
  const counts = { rounds: 0, merged: 0, channels: 0, groups: 0 };
  const doors = createDoors(run);
  const introducers = createRendezvousLives(run, task, doors);
  const wires = createSwarmWires(run, nameOf);
  const ledger = createGroupLedger();
  const cutOff = new Set<ReadonlySet<EdgeId>>();
  const isCutOff = (id: EdgeId): boolean => [...cutOff].some((part) => part.has(id));
  const hasGreatest = isMean(schedule);
  const refusals = new Map<string, number>();

  const peers: SwarmPeer[] = [];
  const whoLetsIn = (number: number): KnownDoor[] => [
    ...introducers.all.map((one, which) => ({ name: `rendezvous ${which}`, door: () => one.door, isCut: () => isCutOff(ids[number]) })),
    ...ids.slice(0, world.listeners).flatMap((id, other) => (other === number ? [] : [{ name: `listener ${other}`, door: () => peers[other].door, isCut: () => wires.areApart(ids[number], id) }])),
  ];
  for (const number of ids.keys()) peers.push(createSwarmPeer({ number, run, task, layout, wires, doors, introducers: whoLetsIn(number), listens: number < world.listeners, onGossip, onMesh }));
  const watch = createSwarmWatch(run, peers, introducers, wires);
  const isLiar = (id: EdgeId): boolean => peers.at(numberOf(id))?.isLiar ?? false;

  // ---- what peers tell ------------------------------------------------------------------------

  function refused(own: SwarmPeer, process: PeerProcess, from: EdgeId, error: { readonly code: string; readonly message: string; readonly stack?: string }, by: 'mesh' | 'peer'): void {
    if (error.code === 'internal') violate(`peer ${own.number} met an internal error: ${error.stack ?? error.message}`);
    if (!isLiar(from)) return violate(`peer ${own.number} refused what ${nameOf(from)} sent, which does not lie: ${error.code}: ${error.message}`);
    const key = `${own.number} ${process.startedAt} ${from} ${by}`;
    const times = (refusals.get(key) ?? 0) + 1;
    refusals.set(key, times);
    // The last one is told before it is acted upon.
    if (times > world.strikes) violate(`peer ${own.number} has refused ${times} times what ${nameOf(from)} sent, and has to do with it still`);
  }

  function onMesh(own: SwarmPeer, process: PeerProcess, event: MeshEvent): void {
    if (event.type === 'channel-opened') counts.channels++;
    else if (event.type === 'refused') refused(own, process, event.peer, event.error, 'mesh');
    else if (event.type === 'shunned') struck('shunned');
    else if (event.type === 'dial-failed' && event.error.code === 'internal') violate(`peer ${own.number} met an internal error: ${event.error.stack ?? event.error.message}`);
  }

  function onGossip(own: SwarmPeer, process: PeerProcess, event: GossipEvent): void {
    if (event.type === 'refused') return refused(own, process, event.from, event.error, 'peer');
    if (event.type === 'error') {
      if (event.error.code === 'internal') violate(`peer ${own.number} met an internal error: ${event.error.stack ?? event.error.message}`);
      return;
    }
    if (event.type !== 'turn' || process.peer === null) return;
    counts.rounds++;
    counts.merged += event.merged.length;
    const { parameters } = process.peer;
    const wrong = parameters.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) violate(`peer ${own.number} ended round ${event.round} with a model whose value ${wrong} is ${parameters[wrong]}`);
    const greatest = world.peers - 1;
    const beyond = hasGreatest ? parameters.subarray(2).find((value) => value < -ROUNDING || value > greatest * (1 + ROUNDING) + ROUNDING) : undefined;
    if (beyond !== undefined) violate(`peer ${own.number} ended round ${event.round} with ${beyond}: what lies between 0 and ${greatest} has no such mean`);
    if (world.way.name !== 'group-average' || event.merged.length === 0) return;
    counts.groups++;
    const sentence = ledger.ended(own.number, clock.now(), event.round, [own.identity.id, ...event.merged].sort(), parameters);
    if (sentence !== null) violate(sentence);
  }

  // ---- the schedule ---------------------------------------------------------------------------

  const afterPeace: (() => void)[] = [];

  /** Undone after so long, and in peace at the latest. */
  function undo(afterMs: number | null, what: () => void): void {
    if (afterMs === null) return;
    let done = false;
    const once = (): void => {
      if (done) return;
      done = true;
      what();
    };
    clock.after(afterMs, once);
    afterPeace.push(once);
  }

  function happen(fault: SwarmFault): void {
    const own = 'peer' in fault ? peers[fault.peer] : undefined;
    const other = 'other' in fault ? ids.at(fault.other) : undefined;
    struck(fault.kind);
    if (trace) trace(own ? `peer ${own.number}` : 'world', `${fault.kind.toUpperCase()} ${JSON.stringify(fault)}`);
    const self = own?.identity.id;
    switch (fault.kind) {
      case 'vanish':
        own?.vanish(fault.told);
        return undo(fault.forMs, () => begin(own));
      case 'leave':
        void own?.leave();
        return undo(fault.forMs, () => void own?.leave().then(() => begin(own)));
      case 'suspend':
        own?.suspend();
        return undo(fault.forMs, () => own?.resume());
      case 'stall':
        if (self !== undefined && other !== undefined) wires.stall(self, other, fault.direction);
        return;
      case 'break':
        if (self === undefined || other === undefined) return;
        if (fault.midFrame) wires.next(self, other, 'break');
        else wires.break(self, other);
        return;
      case 'delay':
        if (self !== undefined && other !== undefined) wires.delay(self, other, fault.ms);
        return;
      case 'garbage':
        if (self !== undefined && other !== undefined) wires.next(self, other, fault.what);
        return;
      case 'partition': {
        const part = new Set(fault.part.flatMap((number) => ids.at(number) ?? []));
        const mend = wires.cut((a, b) => part.has(a) !== part.has(b));
        if (fault.rendezvous) cutOff.add(part);
        doors.endCut();
        return undo(fault.forMs, () => {
          mend();
          cutOff.delete(part);
        });
      }
      case 'rendezvous': {
        const one = introducers.all.at(fault.which);
        one?.kill(fault.told);
        return undo(fault.forMs, () => one?.start());
      }
      case 'rendezvous-hangs': {
        const one = introducers.all.at(fault.which);
        one?.hang();
        return undo(fault.forMs, () => one?.answerAgain());
      }
      case 'nonsense':
      case 'hang':
      case 'skew':
      case 'liar':
        return;
    }
  }

  function begin(own: SwarmPeer | undefined): void {
    if (own === undefined || own.process !== null || run.finished) return;
    own.start();
    ledger.began(own.identity.id, clock.now());
  }

  // ---- the run --------------------------------------------------------------------------------

  for (const fault of faults) {
    if (!('atMs' in fault)) continue;
    clock.after(fault.atMs, () => {
      if (!run.peace) happen(fault);
    });
  }
  for (const { kind } of [...faultsOf(faults, 'skew'), ...faultsOf(faults, 'liar')]) struck(kind);
  peers.forEach((own, number) => clock.after(number * world.apartMs, () => begin(own)));
  watch.start();

  let peaceAt = Infinity;
  clock.after(PEACE_MS, () => {
    run.peace = true;
    peaceAt = clock.now();
    if (trace) trace('world', 'PEACE');
    for (const what of afterPeace.splice(0)) what();
  });
  let wellFor = 0;
  let missing: string | null = null;
  const look = (): void => {
    if (run.finished) return;
    clock.after(LOOK_MS, look);
    const before = missing;
    missing = watch.unsettled(peaceAt);
    if (trace && missing !== before) trace('world', missing ?? 'whole and learning');
    wellFor = missing === null ? wellFor + 1 : 0;
  };
  clock.after(PEACE_MS + LOOK_MS, look);
  await clock.runUntil(() => wellFor >= LOOKS || run.elapsedMs() > PEACE_MS + SETTLED_WITHIN_MS);
  if (wellFor < LOOKS) violate(`not whole and learning after ${SETTLED_WITHIN_MS / 1000} s of peace: ${missing ?? 'now it is, and was not before'}`);
  const tookMs = run.elapsedMs();
  run.finished = true;
  await stopAll();
  unlisten?.();
  return { violations: run.violations, counts, struck: run.strikes, tookMs };

  async function stopAll(): Promise<void> {
    watch.stop();
    let over = false;
    void Promise.all(peers.map((own) => own.leave())).then(() => {
      over = true;
    });
    const tooLate = clock.now() + STOPPED_WITHIN_MS;
    await clock.runUntil(() => over || clock.now() > tooLate);
    if (!over) violate(`not everything stopped within ${STOPPED_WITHIN_MS / 1000} s`);
    for (const one of introducers.all) one.stop();
    await clock.runUntil(() => false);
    for (const sentence of [...introducers.leftovers(), ...doors.leftovers()]) violate(sentence);
  }
}

/** Whether all that peers hold are means of what was learned, whose values lie between the least and the greatest: of differences, and of steps that weigh more than their peer, that is not so. */
function isMean({ world: { way } }: SwarmSchedule): boolean {
  return way.name !== 'choco' && !(way.name === 'push-sum' && way.learning === 'numerator');
}
