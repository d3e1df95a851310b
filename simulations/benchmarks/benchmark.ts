/** What a benchmark is: cases, each of which gives measurements. One folder a benchmark; `registry.ts` lists them. */

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
}

export interface Benchmark {
  readonly name: string;
  /** One sentence for people: what is measured, and against what. */
  readonly summary: string;
  readonly cases: readonly string[];
  readonly defaultRuns: number;
  /** A case that takes longer is stopped and counts as failed. */
  readonly caseSeconds: number;
  /** @throws MurmurError when the case cannot be measured. Leaves no process and no file behind. */
  run(name: string, run: BenchmarkRun): Promise<readonly Measurement[]>;
}
