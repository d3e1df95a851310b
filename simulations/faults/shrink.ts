/** Makes a schedule that fails smaller, as long as it fails: fewer faults, a smaller world (delta debugging, Zeller and Hildebrandt 2002). */
import type { Fault } from './fault.ts';
import type { FaultSchedule, World } from './schedule.ts';

export interface ShrinkOptions {
  /** Whether the run still fails as it did. */
  readonly fails: (schedule: FaultSchedule) => Promise<boolean>;
  /** Runs after which it is small enough. */
  readonly mostRuns?: number;
  readonly signal?: AbortSignal;
}

/** A schedule that fails, of which no single fault can be left out, unless `mostRuns` came first. */
export async function shrinkSchedule(failing: FaultSchedule, { fails, mostRuns = 500, signal }: ShrinkOptions): Promise<FaultSchedule> {
  let best = failing;
  let runs = 0;
  const attempt = async (smaller: FaultSchedule): Promise<boolean> => {
    if (runs >= mostRuns || signal?.aborted) return false;
    runs++;
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };

  // First the faults: without them a smaller world is run faster, too.
  await shrinkFaults(() => best, attempt);
  let progress = true;
  while (progress) {
    progress = false;
    for (const world of smallerWorlds(best.world)) {
      if (await attempt(inWorld(best, world))) {
        progress = true;
        break;
      }
    }
    for (const faults of simplerFaults(best.faults)) {
      if (await attempt({ ...best, faults })) {
        progress = true;
        break;
      }
    }
  }
  await shrinkFaults(() => best, attempt);
  return best;
}

/** Leaves out halves, then quarters, …, then single faults. */
async function shrinkFaults(best: () => FaultSchedule, attempt: (smaller: FaultSchedule) => Promise<boolean>): Promise<void> {
  for (let size = Math.max(1, best().faults.length >> 1); best().faults.length > 0; size = size >> 1) {
    for (let from = 0; from < best().faults.length; ) {
      const { faults } = best();
      const without = [...faults.slice(0, from), ...faults.slice(from + size)];
      if (!(await attempt({ ...best(), faults: without }))) from += size;
    }
    if (size <= 1) return;
  }
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
  if (!world.journal) yield { ...world, journal: true };
}

/** One fault at a time made plainer: the first one of its kind, at once, for a moment. */
function* simplerFaults(faults: readonly Fault[]): Generator<Fault[]> {
  for (const [i, fault] of faults.entries()) {
    const replace = (simpler: Fault): Fault[] => faults.map((one, at) => (at === i ? simpler : one));
    if ('nth' in fault && fault.nth > 1) yield replace({ ...fault, nth: fault.nth - 1 });
    if (fault.kind === 'crash' && fault.power) yield replace({ ...fault, power: false });
    if (fault.kind === 'crash' && fault.downMs > 1) yield replace({ ...fault, downMs: 1 });
    if ('atMs' in fault && fault.atMs > 0 && 'when' in fault && fault.when !== 'instant') yield replace({ ...fault, atMs: 0 });
  }
}
