/** How the schedule of a federation is made smaller. */
import type { Fault } from './fault.ts';
import type { FaultSchedule, World } from './schedule.ts';

export function* smallerFederations(schedule: FaultSchedule): Generator<FaultSchedule> {
  for (const world of smallerWorlds(schedule.world)) yield inWorld(schedule, world);
}

/** One fault at a time: the first one of its kind, at once, for a moment. */
export function* plainerFaults(schedule: FaultSchedule): Generator<FaultSchedule> {
  for (const faults of simplerFaults(schedule.faults)) yield { ...schedule, faults };
}

/** Without the faults of edges that are no more. */
function inWorld(schedule: FaultSchedule, world: World): FaultSchedule {
  const faults = schedule.faults.filter((fault) => !('edge' in fault) || fault.edge === null || fault.edge < world.edges);
  return { ...schedule, world, faults };
}

function* smallerWorlds(world: World): Generator<World> {
  if (world.edges > 1) yield { ...world, edges: world.edges - 1, goal: Math.min(world.goal, world.edges - 1), minimum: Math.min(world.minimum, world.edges - 1), aggregated: Math.min(world.aggregated, world.edges - 1) };
  if (world.rounds > 1) yield { ...world, rounds: world.rounds - 1 };
  if (world.goal > 1) yield { ...world, goal: world.goal - 1, minimum: Math.min(world.minimum, world.goal - 1) };
  if (world.minimum > 1) yield { ...world, minimum: world.minimum - 1 };
  if (world.overSelection > 1) yield { ...world, overSelection: 1 };
  if (world.aggregated > 0) yield { ...world, aggregated: world.aggregated - 1 };
  if (world.chunkBytes !== null) yield { ...world, chunkBytes: null };
  if (world.earlyTimersMs > 0) yield { ...world, earlyTimersMs: 0 };
  if (world.syncMs > 0) yield { ...world, syncMs: 0 };
  if (!world.enrolled) yield { ...world, enrolled: true };
  if (world.aggregation.rule !== 'mean') yield { ...world, aggregation: { rule: 'mean' } };
  if (world.buffered !== null) yield { ...world, buffered: null };
  if (world.buffered !== null && world.buffered.concurrency > 1) yield { ...world, buffered: { ...world.buffered, concurrency: world.buffered.concurrency - 1 } };
  if (world.buffered !== null && world.buffered.exponent > 0) yield { ...world, buffered: { ...world.buffered, exponent: 0 } };
  if (!world.journal) yield { ...world, journal: true };
}

function* simplerFaults(faults: readonly Fault[]): Generator<Fault[]> {
  for (const [i, fault] of faults.entries()) {
    const replace = (simpler: Fault): Fault[] => faults.map((one, at) => (at === i ? simpler : one));
    if ('nth' in fault && fault.nth > 1) yield replace({ ...fault, nth: fault.nth - 1 });
    if (fault.kind === 'crash' && fault.power) yield replace({ ...fault, power: false });
    if (fault.kind === 'crash' && fault.downMs > 1) yield replace({ ...fault, downMs: 1 });
    if ('atMs' in fault && fault.atMs > 0 && 'when' in fault && fault.when !== 'instant') yield replace({ ...fault, atMs: 0 });
  }
}
