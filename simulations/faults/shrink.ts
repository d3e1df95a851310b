/** Makes a schedule that fails smaller, as long as it fails: fewer faults, a smaller world (delta debugging, Zeller and Hildebrandt 2002). */
import type { AnySchedule, FaultKind } from './fault-kind.ts';

export interface ShrinkOptions<Schedule> {
  /** Whether the run still fails as it did. */
  readonly fails: (schedule: Schedule) => Promise<boolean>;
  /** Runs after which it is small enough. */
  readonly mostRuns?: number;
  readonly signal?: AbortSignal;
}

/** A schedule that fails, of which no single fault can be left out, unless `mostRuns` came first. */
export async function shrinkSchedule<Schedule extends AnySchedule>(kind: FaultKind<Schedule>, failing: Schedule, { fails, mostRuns = 500, signal }: ShrinkOptions<Schedule>): Promise<Schedule> {
  let best = failing;
  let runs = 0;
  const attempt = async (smaller: Schedule): Promise<boolean> => {
    if (runs >= mostRuns || signal?.aborted) return false;
    runs++;
    if (!(await fails(smaller))) return false;
    best = smaller;
    return true;
  };

  // First the faults: without them a smaller world is run faster, too.
  await shrinkFaults(kind, () => best, attempt);
  let progress = true;
  while (progress) {
    progress = false;
    for (const smaller of kind.smallerWorlds(best)) {
      if (await attempt(smaller)) {
        progress = true;
        break;
      }
    }
    for (const plainer of kind.plainerFaults(best)) {
      if (await attempt(plainer)) {
        progress = true;
        break;
      }
    }
  }
  await shrinkFaults(kind, () => best, attempt);
  return best;
}

/** Leaves out halves, then quarters, …, then single faults. */
async function shrinkFaults<Schedule extends AnySchedule>(kind: FaultKind<Schedule>, best: () => Schedule, attempt: (smaller: Schedule) => Promise<boolean>): Promise<void> {
  for (let size = Math.max(1, best().faults.length >> 1); best().faults.length > 0; size = size >> 1) {
    for (let from = 0; from < best().faults.length; ) {
      const { faults } = best();
      const without = [...faults.slice(0, from), ...faults.slice(from + size)];
      if (!(await attempt(kind.withFaults(best(), without)))) from += size;
    }
    if (size <= 1) return;
  }
}
