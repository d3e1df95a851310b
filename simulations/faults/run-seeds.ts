/** Runs many seeds, one after the other, on one core; what fails is told with its smallest schedule. */
import type { AnySchedule, FaultKind, FaultRun } from './fault-kind.ts';
import { shrinkSchedule } from './shrink.ts';

export interface Violation<Schedule = AnySchedule> {
  readonly seed: number;
  /** Sentences of what was found. */
  readonly found: readonly string[];
  /** The smallest schedule that still fails; null where it was not looked for. */
  readonly schedule: Schedule | null;
}

export interface SeedsProgress {
  readonly done: number;
  readonly of: number;
  readonly violations: number;
  readonly seedsPerSecond: number;
}

export interface FaultSeedsOptions<Schedule> {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly onProgress?: (progress: SeedsProgress) => void;
  readonly onViolation?: (violation: Violation<Schedule>) => void;
  /** Between seeds it ends the run in order. */
  readonly signal?: AbortSignal;
  /** After so many seeds that failed nobody learns more. Default 10. */
  readonly mostViolations?: number;
  /** Default true. */
  readonly shrink?: boolean;
  /** Lines of what happens; for one seed or a few. */
  readonly onTrace?: (line: string) => void;
}

export interface FaultSeedsResult<Schedule = AnySchedule> {
  /** Seeds that were run. */
  readonly seeds: number;
  /** Seeds that failed. */
  readonly violations: number;
  readonly seedsPerSecond: number;
  readonly failed: readonly Violation<Schedule>[];
  /** Sums over all runs: what they came to, and faults that struck, by name. */
  readonly counts: Readonly<Record<string, number>>;
  readonly struck: Readonly<Record<string, number>>;
}

/** How often progress is told. Milliseconds. */
const PROGRESS_MS = 1000;

export async function runFaultSeeds<Schedule extends AnySchedule>(
  kind: FaultKind<Schedule>,
  { from, to, onProgress, onViolation, signal, mostViolations = 10, shrink = true, onTrace }: FaultSeedsOptions<Schedule>,
): Promise<FaultSeedsResult<Schedule>> {
  const runner = await createRunner(kind);
  const failed: Violation<Schedule>[] = [];
  const struck: Record<string, number> = {};
  const counts: Record<string, number> = {};
  const began = performance.now();
  let told = began;
  let seeds = 0;
  const perSecond = (): number => seeds / Math.max(1e-3, (performance.now() - began) / 1000);
  try {
    for (let seed = from; seed <= to && failed.length < mostViolations && !signal?.aborted; seed++) {
      const schedule = kind.draw(seed);
      const run = await runner.run(schedule, onTrace);
      seeds++;
      addUp(counts, run.counts);
      addUp(struck, run.struck);
      if (run.violations.length > 0) {
        const smallest = shrink ? await shrinkSchedule(kind, schedule, { fails: runner.failsLike(run), ...(signal ? { signal } : {}) }) : null;
        const violation: Violation<Schedule> = { seed, found: run.violations, schedule: smallest };
        failed.push(violation);
        onViolation?.(violation);
      }
      if (onProgress && performance.now() - told >= PROGRESS_MS) {
        told = performance.now();
        onProgress({ done: seeds, of: to - from + 1, violations: failed.length, seedsPerSecond: perSecond() });
      }
    }
    return { seeds, violations: failed.length, seedsPerSecond: perSecond(), failed, counts, struck };
  } finally {
    await runner.close();
  }
}

function addUp(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
}

export interface ScheduleRunner<Schedule> {
  run(schedule: Schedule, onTrace?: (line: string) => void): Promise<FaultRun>;
  /** Whether a schedule fails in the way that the run did: with a finding of the same kind. */
  failsLike(run: FaultRun): (schedule: Schedule) => Promise<boolean>;
  close(): Promise<void>;
}

export async function createRunner<Schedule extends AnySchedule>(kind: FaultKind<Schedule>): Promise<ScheduleRunner<Schedule>> {
  const ground = await kind.open();
  const listeners = new Set<(thrown: unknown) => void>();
  const onRejection = (thrown: unknown): void => listeners.forEach((listener) => listener(thrown));
  process.on('unhandledRejection', onRejection);

  async function run(schedule: Schedule, onTrace?: (line: string) => void): Promise<FaultRun> {
    const { stackTraceLimit } = Error;
    // Errors are thrown by the dozen in each run, and nobody looks at their stacks unless he traces.
    Error.stackTraceLimit = onTrace ? stackTraceLimit : 0;
    try {
      return await ground.run(schedule, {
        ...(onTrace ? { onTrace } : {}),
        onUnhandled(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
    } catch (thrown) {
      return { violations: [`the run broke off: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`], counts: {}, struck: {}, tookMs: 0 };
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  return {
    run,
    failsLike(failed) {
      const kinds = new Set(failed.violations.map(kindOf));
      return async (schedule) => (await run(schedule)).violations.some((sentence) => kinds.has(kindOf(sentence)));
    },
    async close() {
      process.off('unhandledRejection', onRejection);
      await ground.close();
    },
  };
}

/** A finding without its particulars: which round, which edge, which weights. */
const kindOf = (sentence: string): string => sentence.split('\n')[0].replaceAll(/\[[^\]]*\]|[\w.-]*\d[\w.-]*/g, '#').slice(0, 60);
