/** `npm run bench -- NAME`: runs benchmarks' cases, one after the other. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { pathToFileURL } from 'node:url';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import { skipReason, type Benchmark } from './benchmark.ts';
import { compareRuns } from './compare.ts';
import { jsonComparison, tableComparison } from './compare-output.ts';
import { readMachineFacts } from './machine-facts.ts';
import { parseBenchArguments, type RunOptions } from './options.ts';
import { jsonOutput, tableOutput, toEach, type BenchOutput } from './output.ts';
import { BENCHMARKS } from './registry.ts';
import { recordOutput, storeOutput } from './store-output.ts';
import { readStoredRun, type StoredRun } from './stored-run.ts';

function usage(): string {
  const list = BENCHMARKS.map(({ name, summary, cases }) => `  ${name.padEnd(10)} ${summary}\n             cases: ${cases.join(', ')}`);
  return `npm run --silent bench -- NAME [--json] [--case CASE]… [--runs N] [--plots] [--save FILE] [--compare FILE]
npm run --silent bench -- compare BEFORE AFTER [--json]

${list.join('\n')}
  all        every benchmark, one after the other

  --plots    also the cases that the plots of docs/benchmarks.md show
  --save     stores the run with every sample; in a folder, a file for each benchmark
  --compare  prints each figure beside the stored run's, and whether the difference is more than noise
`;
}

type Write = (text: string) => void;

/** @returns the exit code */
export async function runBenchmarks(args: readonly string[], write: Write = (text) => void process.stdout.write(text), complain: Write = (text) => void process.stderr.write(text), benchmarks: readonly Benchmark[] = BENCHMARKS): Promise<number> {
  try {
    const command = parseBenchArguments(args, benchmarks);
    switch (command.type) {
      case 'help':
        write(usage());
        return 0;
      case 'compare':
        tellComparison(await readStoredRun(command.before), await readStoredRun(command.after), command.json, write, complain);
        return 0;
      case 'run':
        return await runAll(command.options, write, complain);
    }
  } catch (thrown) {
    const error = toMurmurError(thrown);
    complain(`${error.code}: ${error.message}\n`);
    if (!isMurmurError(thrown, 'bad_usage')) return 1;
    complain(`\n${usage()}`);
    return 2;
  }
}

function tellComparison(before: StoredRun, after: StoredRun, json: boolean, write: Write, complain: Write): void {
  const comparison = compareRuns(before, after);
  for (const warning of comparison.warnings) complain(`${warning}\n`);
  (json ? jsonComparison : tableComparison)(comparison, write);
}

async function runAll({ plans, runs, json, save, compare }: RunOptions, write: Write, complain: Write): Promise<number> {
  // Before anything is measured: what cannot be read or written would be found out after an hour.
  const before = compare === null ? null : await readStoredRun(compare);
  const record = recordOutput();
  const outputs = toEach([json ? jsonOutput(write) : tableOutput(write), record.output, ...(save === null ? [] : [storeOutput(save, plans.map(({ benchmark }) => benchmark.name))])]);
  let all = 0;
  const failed: string[] = [];
  for (const { benchmark, cases } of plans) {
    outputs.begin(benchmark.name, await readMachineFacts());
    for (const name of cases) {
      all++;
      if (!(await runCase(benchmark, name, runs, outputs))) failed.push(`${benchmark.name} ${name}`);
    }
  }
  if (before !== null) tellComparison(before, record.run(), json, write, complain);
  if (failed.length === 0) return 0;
  complain(`${failed.length} of ${all} cases failed: ${failed.join('; ')}\n`);
  return 1;
}

/** Whether the case gave figures or was rightly skipped. A case that fails is told of, and the next one has its turn. */
async function runCase(benchmark: Benchmark, name: string, runs: number | null, output: BenchOutput): Promise<boolean> {
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), benchmark.caseSeconds * 1000);
  try {
    output.result(benchmark.name, name, await benchmark.run(name, {
      runs: runs ?? benchmark.runsOf?.(name) ?? benchmark.defaultRuns,
      signal: timeUp.signal,
      note: (text) => output.note(benchmark.name, name, text),
    }));
    return true;
  } catch (thrown) {
    const reason = skipReason(thrown);
    if (reason !== null) {
      output.skipped(benchmark.name, name, reason);
      return true;
    }
    output.failed(benchmark.name, name, timeUp.signal.aborted
      ? new MurmurError('timeout', `${benchmark.name} ${name} did not end within ${benchmark.caseSeconds} s; is the machine busy?`, { cause: thrown })
      : toMurmurError(thrown));
    return false;
  } finally {
    clearTimeout(timer);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await runBenchmarks(process.argv.slice(2));
}
