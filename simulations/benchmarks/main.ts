/** `npm run bench -- NAME`: runs a benchmark's cases, one after the other. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { pathToFileURL } from 'node:url';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import { skipReason, type Benchmark } from './benchmark.ts';
import { readMachineFacts } from './machine-facts.ts';
import { parseBenchArguments } from './options.ts';
import { jsonOutput, tableOutput, type BenchOutput } from './output.ts';
import { BENCHMARKS } from './registry.ts';

function usage(): string {
  const list = BENCHMARKS.map(({ name, summary, cases }) => `  ${name.padEnd(8)} ${summary}\n           cases: ${cases.join(', ')}`);
  return `npm run --silent bench -- NAME [--json] [--case CASE]… [--runs N]\n\n${list.join('\n')}\n`;
}

/** @returns the exit code */
export async function runBenchmarks(args: readonly string[], write = (text: string): void => void process.stdout.write(text), complain = (text: string): void => void process.stderr.write(text)): Promise<number> {
  try {
    const command = parseBenchArguments(args, BENCHMARKS);
    if (command.type === 'help') {
      write(usage());
      return 0;
    }
    const { benchmark, cases, runs, json } = command.options;
    const output = json ? jsonOutput(write) : tableOutput(write);
    output.begin(benchmark.name, await readMachineFacts());
    let failures = 0;
    for (const name of cases) if (!(await runCase(benchmark, name, runs, output))) failures++;
    return failures === 0 ? 0 : 1;
  } catch (thrown) {
    const error = toMurmurError(thrown);
    complain(`${error.code}: ${error.message}\n`);
    if (!isMurmurError(thrown, 'bad_usage')) return 1;
    complain(`\n${usage()}`);
    return 2;
  }
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
