/** Runs many seeds, one after the other, on one core; what fails is told with its smallest schedule. */
import { openSqliteStore, type SqliteStore } from '../../server/storage/sqlite-store.ts';
import { drawSchedule } from './draw-schedule.ts';
import { runSchedule, type FaultRun } from './federation.ts';
import type { FaultSchedule } from './schedule.ts';
import { shrinkSchedule } from './shrink.ts';

export interface Violation {
  readonly seed: number;
  /** Sentences of what was found. */
  readonly found: readonly string[];
  /** The smallest schedule that still fails; null where it was not looked for. */
  readonly schedule: FaultSchedule | null;
}

export interface SeedsProgress {
  readonly done: number;
  readonly of: number;
  readonly violations: number;
  readonly seedsPerSecond: number;
}

export interface FaultSeedsOptions {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly onProgress?: (progress: SeedsProgress) => void;
  readonly onViolation?: (violation: Violation) => void;
  /** Between seeds it ends the run in order. */
  readonly signal?: AbortSignal;
  /** After so many seeds that failed nobody learns more. Default 10. */
  readonly mostViolations?: number;
  /** Default true. */
  readonly shrink?: boolean;
  /** Lines of what happens; for one seed or a few. */
  readonly onTrace?: (line: string) => void;
}

export interface FaultSeedsResult {
  /** Seeds that were run. */
  readonly seeds: number;
  /** Seeds that failed. */
  readonly violations: number;
  readonly seedsPerSecond: number;
  readonly failed: readonly Violation[];
  /** Over all runs: rounds committed and aborted, reports acknowledged, faults that struck by name. */
  readonly committed: number;
  readonly aborted: number;
  readonly acknowledged: number;
  readonly struck: Readonly<Record<string, number>>;
}

/** How often progress is told. Milliseconds. */
const PROGRESS_MS = 1000;

export async function runFaultSeeds({ from, to, onProgress, onViolation, signal, mostViolations = 10, shrink = true, onTrace }: FaultSeedsOptions): Promise<FaultSeedsResult> {
  const runner = await createRunner();
  const failed: Violation[] = [];
  const struck: Record<string, number> = {};
  const sums = { committed: 0, aborted: 0, acknowledged: 0 };
  const began = performance.now();
  let told = began;
  let seeds = 0;
  const perSecond = (): number => seeds / Math.max(1e-3, (performance.now() - began) / 1000);
  try {
    for (let seed = from; seed <= to && failed.length < mostViolations && !signal?.aborted; seed++) {
      const schedule = drawSchedule(seed);
      const run = await runner.run(schedule, onTrace);
      seeds++;
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += run[name];
      for (const [name, times] of Object.entries(run.struck)) struck[name] = (struck[name] ?? 0) + times;
      if (run.violations.length > 0) {
        const smallest = shrink ? await shrinkSchedule(schedule, { fails: runner.failsLike(run), ...(signal ? { signal } : {}) }) : null;
        const violation: Violation = { seed, found: run.violations, schedule: smallest };
        failed.push(violation);
        onViolation?.(violation);
      }
      if (onProgress && performance.now() - told >= PROGRESS_MS) {
        told = performance.now();
        onProgress({ done: seeds, of: to - from + 1, violations: failed.length, seedsPerSecond: perSecond() });
      }
    }
    return { seeds, violations: failed.length, seedsPerSecond: perSecond(), failed, ...sums, struck };
  } finally {
    await runner.close();
  }
}

export interface ScheduleRunner {
  run(schedule: FaultSchedule, onTrace?: (line: string) => void): Promise<FaultRun>;
  /** Whether a schedule fails in the way that the run did: with a finding of the same kind. */
  failsLike(run: FaultRun): (schedule: FaultSchedule) => Promise<boolean>;
  close(): Promise<void>;
}

/** One store serves all runs: to prepare its statements takes longer than many runs do. */
export async function createRunner(): Promise<ScheduleRunner> {
  const store: SqliteStore = await openSqliteStore(':memory:');
  const listeners = new Set<(thrown: unknown) => void>();
  const onRejection = (thrown: unknown): void => listeners.forEach((listener) => listener(thrown));
  process.on('unhandledRejection', onRejection);

  async function run(schedule: FaultSchedule, onTrace?: (line: string) => void): Promise<FaultRun> {
    const { stackTraceLimit } = Error;
    // Errors are thrown by the dozen in each run, and nobody looks at their stacks unless he traces.
    Error.stackTraceLimit = onTrace ? stackTraceLimit : 0;
    try {
      return await runSchedule(schedule, {
        store, ...(onTrace ? { onTrace } : {}),
        onUnhandled(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      });
    } catch (thrown) {
      return { violations: [`the run broke off: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`], committed: 0, aborted: 0, acknowledged: 0, struck: {}, tookMs: 0 };
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      await store.empty();
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
      await store.close();
    },
  };
}

/** A finding without its particulars: which round, which edge, which weights. */
const kindOf = (sentence: string): string => sentence.split('\n')[0].replaceAll(/\[[^\]]*\]|[\w.-]*\d[\w.-]*/g, '#').slice(0, 60);
