/** `--seeds` and `--sweep`: many runs of a scenario, and one table of what came of them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MurmurError } from '../../shared/errors.ts';
import { REPORT_FILE, writeReport } from '../../simulations/report/write-report.ts';
import { readRecord } from '../../simulations/run/read-record.ts';
import { holdsRun } from '../../simulations/run/run-folder.ts';
import { findScenario } from '../../simulations/scenario/find-scenario.ts';
import { expandSweep } from '../../simulations/sweep/expand-sweep.ts';
import { runSweep } from '../../simulations/sweep/run-sweep.ts';
import { summariseSweep, sweepCsv, sweepJson, sweepTable } from '../../simulations/sweep/summarise-sweep.ts';
import type { Output } from '../output.ts';
import { formatTable } from '../table.ts';
import { runScenario } from './one-run.ts';
import { settingsOf, sweptOf, type SimulateOptions } from './simulate-options.ts';

export async function sweepRuns(name: string, options: SimulateOptions, signal: AbortSignal, output: Output): Promise<void> {
  if (!options.keep) throw new MurmurError('bad_usage', '--no-keep: the runs of a sweep are kept, since the table is made of them');
  const fixed = settingsOf(options);
  const runs = expandSweep({ seeds: options.seeds ?? [options.seed], set: sweptOf(options) });
  // All of them before the first one runs: a wrong value must not be found out after an hour.
  const scenarios = new Map(await Promise.all(runs.map(async (run) => [run, await findScenario(name, { ...fixed, ...run.settings })] as const)));
  const base = scenarios.get(runs[0])?.name ?? name;
  const folder = options.out ?? join('data', 'simulations', `${base}-sweep`);
  for (const [run, scenario] of scenarios) {
    const path = join(folder, run.folder);
    if (!holdsRun(path, scenario, run.seed)) throw new MurmurError('conflict', `${path} holds a run of other settings, and its result is not this one's; choose another folder (--out)`);
  }
  let number = 0;
  const results = await runSweep(
    runs,
    async (run, path) => {
      const scenario = scenarios.get(run);
      if (!scenario) throw new MurmurError('internal', `no scenario for ${run.folder}`);
      output.note(`Run ${runs.indexOf(run) + 1} of ${runs.length}: ${run.folder}`);
      number++;
      return runScenario({ scenario, seed: run.seed, settings: { ...fixed, ...run.settings }, path, signal, output }, options);
    },
    { folder, fresh: options.fresh === true, signal },
  );
  const rows = summariseSweep(results);
  await Promise.all([writeFile(join(folder, 'sweep.csv'), sweepCsv(rows)), writeFile(join(folder, 'sweep.json'), sweepJson(rows))]);
  await writeReport(await Promise.all(runs.map((run) => readRecord(join(folder, run.folder)))), join(folder, REPORT_FILE));
  const { head, rows: cells } = sweepTable(rows);
  const passed = runs.length - number;
  const note = `${runs.length} runs${passed > 0 ? `, ${passed} of which had ended before` : ''}; * best; kept in ${folder} (report.html, sweep.csv)`;
  output.result({ scenario: base, folder, runs: results.map(({ run, result }) => ({ ...run, result })), rows }, `${formatTable(head, cells)}\n${note}`);
}
