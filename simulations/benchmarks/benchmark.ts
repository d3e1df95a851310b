/** What a benchmark is: cases, each of which gives measurements. One folder a benchmark; `registry.ts` lists them. */
import { isMurmurError, MurmurError } from '../../shared/errors.ts';

/** Samples of one quantity, and of the same quantity of what we compare with, taken in the same run. */
export interface Measurement {
  readonly metric: string;
  /** `ms`, `MiB`, `bytes`, `1/s`, … */
  readonly unit: string;
  readonly samples: readonly number[];
  /** Of the baseline, interleaved with ours; left out where there is nothing to compare with. */
  readonly baseline?: readonly number[];
  /** Whether a smaller value is the better one; so it is for times and sizes. */
  readonly smallerIsBetter: boolean;
}

export interface BenchmarkRun {
  /** Measured repetitions, behind the warm-up. */
  readonly runs: number;
  /** Fires when the time for the case is up. */
  readonly signal: AbortSignal;
  /** Takes what is to be said beside the figures: what could not be measured, and why. */
  readonly note?: (text: string) => void;
}

export interface Benchmark {
  readonly name: string;
  /** One sentence for people: what is measured, and against what. */
  readonly summary: string;
  readonly cases: readonly string[];
  /** Throws bad_usage for the name of a case that there cannot be; where it is left out, `cases` are all that there are. */
  readonly accepts?: (name: string) => void;
  /** What the plots of docs/benchmarks.md show beside `cases`; run where `--plots` asks for them. */
  readonly plotCases?: readonly string[];
  readonly defaultRuns: number;
  /** Where cases differ in how often they are repeated. */
  readonly runsOf?: (name: string) => number;
  /** A case that takes longer is stopped and counts as failed. */
  readonly caseSeconds: number;
  /** @throws MurmurError when the case cannot be measured, `skipped` when this machine lacks what it needs. Leaves no process and no file behind. */
  run(name: string, run: BenchmarkRun): Promise<readonly Measurement[]>;
}

/** For throwing: the case cannot be measured here, and that is no failure. */
export function skipped(reason: string): MurmurError {
  return new MurmurError('unavailable', `skipped: ${reason}`, { details: { skipped: reason } });
}

/** The reason, where a case was skipped; else null. */
export function skipReason(thrown: unknown): string | null {
  if (!isMurmurError(thrown, 'unavailable') || typeof thrown.details !== 'object' || thrown.details === null) return null;
  const { skipped: reason } = thrown.details as { readonly skipped?: unknown };
  return typeof reason === 'string' ? reason : null;
}
