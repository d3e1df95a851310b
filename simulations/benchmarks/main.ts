/** `npm run bench -- NAME`: runs a benchmark's cases, one after the other. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { pathToFileURL } from 'node:url';
import { isMurmurError, MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Benchmark, Measurement } from './benchmark.ts';
import { readMachineFacts } from './machine-facts.ts';
import { parseBenchArguments } from './options.ts';
import { jsonOutput, tableOutput } from './output.ts';
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
    for (const name of cases) output.result(benchmark.name, name, await runCase(benchmark, name, runs));
    return 0;
  } catch (thrown) {
    const error = toMurmurError(thrown);
    complain(`${error.code}: ${error.message}\n`);
    if (!isMurmurError(thrown, 'bad_usage')) return 1;
    complain(`\n${usage()}`);
    return 2;
  }
}

async function runCase(benchmark: Benchmark, name: string, runs: number): Promise<readonly Measurement[]> {
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), benchmark.caseSeconds * 1000);
  try {
    return await benchmark.run(name, { runs, signal: timeUp.signal });
  } catch (thrown) {
    if (timeUp.signal.aborted) throw new MurmurError('timeout', `${benchmark.name} ${name} did not end within ${benchmark.caseSeconds} s; is the machine busy?`, { cause: thrown });
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await runBenchmarks(process.argv.slice(2));
}
