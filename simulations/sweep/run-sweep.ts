/** Running what of a sweep has not run yet. */
import { join } from 'node:path';
import { isMurmurError } from '../../shared/errors.ts';
import { readRecord } from '../run/read-record.ts';
import type { ResultLine } from '../run/record.ts';
import type { SweepRun } from './expand-sweep.ts';
import type { SweepResult } from './summarise-sweep.ts';

/** Runs, or goes on with, one simulation in a folder, to its end. */
export type RunOne = (run: SweepRun, folder: string) => Promise<ResultLine>;

export interface SweepOptions {
  /** The sweep's folder; each run has one in it. */
  readonly folder: string;
  /** After each run, and for those that had ended before: all results so far, in the order of the runs. */
  readonly onProgress?: (results: readonly SweepResult[]) => void;
  /** Also runs what has ended before. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * What the record of a run says of its end; null where it has not ended, or not begun.
 * @throws storage_corrupt
 */
async function finishedResult(folder: string): Promise<ResultLine | null> {
  try {
    return (await readRecord(folder)).result;
  } catch (thrown) {
    if (isMurmurError(thrown, 'not_found')) return null;
    throw thrown;
  }
}

/** Every run with the result that it has in the sweep's folder. @throws storage_corrupt */
async function readSweep(runs: readonly SweepRun[], folder: string): Promise<readonly SweepResult[]> {
  const results: SweepResult[] = [];
  for (const run of runs) results.push({ run, result: await finishedResult(join(folder, run.folder)) });
  return results;
}

/**
 * One run after the other, each of which keeps every core busy by itself; those that have ended are passed over, so that an
 * interrupted sweep goes on where it was.
 * @throws what a run throws, or the signal's reason
 */
export async function runSweep(runs: readonly SweepRun[], runOne: RunOne, { folder, onProgress, fresh = false, signal }: SweepOptions): Promise<readonly SweepResult[]> {
  let results: readonly SweepResult[] = fresh ? runs.map((run) => ({ run, result: null })) : await readSweep(runs, folder);
  onProgress?.(results);
  for (const [i, { run, result }] of results.entries()) {
    if (result !== null) continue;
    signal?.throwIfAborted();
    const ended = await runOne(run, join(folder, run.folder));
    results = results.map((held, j) => (i === j ? { run, result: ended } : held));
    onProgress?.(results);
  }
  return results;
}
