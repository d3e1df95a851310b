/** One run of a scenario: in its folder, with its progress, and a report of it at the end. */
import { join } from 'node:path';
import { readRecord } from '../../simulations/run/read-record.ts';
import type { RecordLine, ResultLine, RoundLine } from '../../simulations/run/record.ts';
import { openRunFolder } from '../../simulations/run/run-folder.ts';
import { simulate } from '../../simulations/run/simulate.ts';
import { REPORT_FILE, writeReport } from '../../simulations/report/write-report.ts';
import { lostWithTheProcess } from '../../simulations/run/resumable.ts';
import type { AnyScenario } from '../../simulations/scenario/gossip-scenario.ts';
import type { Settings } from '../../simulations/sweep/expand-sweep.ts';
import { createTextLogger } from '../logger.ts';
import type { Output } from '../output.ts';
import { createProgressView } from './progress-view.ts';
import type { SimulateOptions } from './simulate-options.ts';

export interface OneRun {
  readonly scenario: AnyScenario;
  readonly seed: number;
  /** What was set of the scenario for this run, as `findScenario` was given it. */
  readonly settings: Settings;
  /** null: nothing is kept. */
  readonly path: string | null;
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** Runs it to its end, or goes on with what an earlier process left in the folder. @throws aborted, and whatever the simulation throws */
export async function runScenario({ scenario, seed, settings, path, signal, output }: OneRun, options: Pick<SimulateOptions, 'workers' | 'full' | 'fresh'>): Promise<ResultLine> {
  const folder = path === null ? null : await openRunFolder(path, { scenario, seed, fresh: options.fresh ?? false });
  const rounds: RoundLine[] = [...(folder?.before?.rounds ?? [])];
  if (folder?.aside) output.note(`What lay in ${path} is in ${folder.aside} now.`);
  const lost = lostWithTheProcess(scenario);
  if (rounds.length > 0 && lost === null) output.note(`Going on with the run in ${path} that was interrupted after round ${rounds.at(-1)?.round} (--fresh begins anew).`);
  const progress = createProgressView(scenario, output);
  const logger = createTextLogger(output);
  /** Writes the report, also of an unfinished run: what there is can be looked at. */
  async function close(): Promise<void> {
    progress.end();
    await folder?.close();
    if (path !== null && rounds.length > 0) await writeReport([await readRecord(path)], join(path, REPORT_FILE));
  }
  try {
    const result = await simulate(scenario, {
      seed, signal, before: [...rounds], folder: folder?.state ?? null, logger,
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(options.full ? { full: true } : {}),
      onLine(line: RecordLine) {
        folder?.append(line.type === 'run' && Object.keys(settings).length > 0 ? { ...line, settings } : line);
        if (line.type !== 'round') return;
        rounds.push(line);
        progress.round(line, rounds);
      },
    });
    await close();
    return result;
  } catch (thrown) {
    // What ended the run says more than what may go wrong behind it.
    await close().catch((second: unknown) => logger.error({ err: second }, 'the run’s folder was not closed in order'));
    if (path !== null && signal.aborted) output.note(`Interrupted after round ${rounds.at(-1)?.round ?? 0}; ${lost === null ? 'the same command goes on from there' : `with it went ${lost}; begin anew (--fresh)`}.`);
    throw thrown;
  }
}
