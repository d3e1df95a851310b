/** How the schedule of a swarm is made smaller. */
import type { SwarmFault } from './swarm-fault.ts';
import type { SwarmSchedule, SwarmWorld } from './swarm-schedule.ts';

export function* smallerSwarms({ seed, world, faults }: SwarmSchedule): Generator<SwarmSchedule> {
  for (const smaller of smallerWorlds(world)) yield { seed, world: smaller, faults: faults.flatMap((fault) => within(smaller, fault)) };
}

function* smallerWorlds(world: SwarmWorld): Generator<SwarmWorld> {
  if (world.peers > 2) yield { ...world, peers: world.peers - 1, minimumPeers: Math.min(world.minimumPeers, world.peers - 1), listeners: Math.min(world.listeners, world.peers - 1) };
  if (world.introducers > 1) yield { ...world, introducers: world.introducers - 1 };
  if (world.listeners > 0) yield { ...world, listeners: world.listeners - 1 };
  if (world.size > 3) yield { ...world, size: 3 };
  if (world.clip !== null) yield { ...world, clip: null };
  if (world.minimumPeers > 1) yield { ...world, minimumPeers: world.minimumPeers - 1 };
  if (world.earlyTimersMs > 0) yield { ...world, earlyTimersMs: 0 };
  if (world.rounds !== null) yield { ...world, rounds: null };
  if (world.apartMs > 0) yield { ...world, apartMs: 0 };
  if (world.topology.name !== 'overlay') yield { ...world, topology: { name: 'overlay', degree: 4 } };
}

/** The fault where it is one of this world, else none. */
function within({ peers, introducers }: SwarmWorld, fault: SwarmFault): SwarmFault[] {
  if ('peer' in fault && fault.peer >= peers) return [];
  if ('other' in fault && fault.other >= peers) return [];
  if ('which' in fault && fault.which >= introducers) return [];
  if (fault.kind !== 'partition') return [fault];
  const part = fault.part.filter((peer) => peer < peers);
  return part.length === 0 ? [] : [{ ...fault, part }];
}

/** One fault at a time: the first one of its kind, for a moment. */
export function* plainerSwarmFaults(schedule: SwarmSchedule): Generator<SwarmSchedule> {
  for (const [i, fault] of schedule.faults.entries()) {
    const replace = (plainer: SwarmFault): SwarmSchedule => ({ ...schedule, faults: schedule.faults.map((one, at) => (at === i ? plainer : one)) });
    if ('nth' in fault && fault.nth > 1) yield replace({ ...fault, nth: fault.nth - 1 });
    if ('direction' in fault && fault.direction !== 'both') yield replace({ ...fault, direction: 'both' });
    if ('midFrame' in fault && fault.midFrame) yield replace({ ...fault, midFrame: false });
    if (fault.kind === 'partition' && fault.rendezvous) yield replace({ ...fault, rendezvous: false });
  }
}
