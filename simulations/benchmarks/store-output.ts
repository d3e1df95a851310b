/** Results kept: on disk as they come, or in memory until the run is compared. */
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { BenchOutput } from './output.ts';
import { beginLine, figureLine, figureOf, STORED_EXTENSION, type StoredBegin, type StoredFigure, type StoredRun } from './stored-run.ts';

/**
 * Writes each case when it is over, so that an interrupted run keeps what it has.
 * @param path a file, or a folder that gets a file for each benchmark. @throws bad_usage when it cannot be written
 */
export function storeOutput(path: string, benchmarks: readonly string[], now = (): Date => new Date()): BenchOutput {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const fileOf = (bench: string): string => (folder ? join(path, `${bench}${STORED_EXTENSION}`) : path);
  // What an earlier run stored there is gone from here on: a file holds one run.
  for (const bench of benchmarks) {
    try {
      writeFileSync(fileOf(bench), '');
    } catch (thrown) {
      throw new MurmurError('bad_usage', `${fileOf(bench)} cannot be written: ${toMurmurError(thrown).message}`, { cause: thrown });
    }
  }
  const lines = (bench: string, ...values: readonly object[]): void => appendFileSync(fileOf(bench), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  return {
    begin: (bench, machine) => lines(bench, beginLine(bench, machine, now())),
    result: (bench, name, measurements) => lines(bench, ...measurements.map((measurement) => figureLine(bench, name, measurement))),
    note: (bench, name, note) => lines(bench, { bench, case: name, note }),
    skipped: (bench, name, skipped) => lines(bench, { bench, case: name, skipped }),
    failed: (bench, name, { code, message }) => lines(bench, { bench, case: name, error: { code, message } }),
  };
}

/** What was measured, as if it had been stored and read again. */
export function recordOutput(now = (): Date => new Date()): { readonly output: BenchOutput; run(): StoredRun } {
  const begins: StoredBegin[] = [];
  const figures: StoredFigure[] = [];
  return {
    output: {
      begin: (bench, machine) => void begins.push(beginLine(bench, machine, now())),
      result: (bench, name, measurements) => void figures.push(...measurements.map((measurement) => figureOf(bench, name, measurement))),
      note: () => undefined,
      skipped: () => undefined,
      failed: () => undefined,
    },
    run: () => ({ name: 'this run', begins, figures }),
  };
}
