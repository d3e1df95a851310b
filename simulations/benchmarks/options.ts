/** The arguments of `npm run bench -- NAME [--json] [--case CASE] [--runs N]`. */
import { parseArgs } from 'node:util';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Benchmark } from './benchmark.ts';

export interface BenchOptions {
  readonly benchmark: Benchmark;
  readonly cases: readonly string[];
  /** null: as many as each case has by default. */
  readonly runs: number | null;
  readonly json: boolean;
}

export type BenchCommand = { readonly type: 'help' } | { readonly type: 'run'; readonly options: BenchOptions };

/** @throws bad_usage saying what there is instead */
export function parseBenchArguments(args: readonly string[], benchmarks: readonly Benchmark[]): BenchCommand {
  const { values, positionals } = parsed(args);
  if (values.help === true) return { type: 'help' };
  const [name, ...surplus] = positionals;
  const names = benchmarks.map((benchmark) => benchmark.name).join(', ');
  if (name === undefined) throw new MurmurError('bad_usage', `which benchmark? There are: ${names}`);
  if (surplus.length > 0) throw new MurmurError('bad_usage', `one benchmark at a time: ${JSON.stringify(surplus[0])} is one name too many`);
  const benchmark = benchmarks.find((one) => one.name === name);
  if (!benchmark) throw new MurmurError('bad_usage', `there is no benchmark ${JSON.stringify(name)}; there are: ${names}`);
  return { type: 'run', options: { benchmark, cases: casesOf(benchmark, values.case), runs: runsOf(values.runs), json: values.json === true } };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args], allowPositionals: true,
      options: { json: { type: 'boolean' }, case: { type: 'string', multiple: true }, runs: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (thrown) {
    throw new MurmurError('bad_usage', toMurmurError(thrown).message, { cause: thrown });
  }
}

function casesOf({ name, cases, accepts }: Benchmark, wanted: readonly string[] | undefined): readonly string[] {
  if (wanted !== undefined && accepts !== undefined) wanted.forEach(accepts);
  const unknown = accepts === undefined ? wanted?.find((one) => !cases.includes(one)) : undefined;
  if (unknown !== undefined) throw new MurmurError('bad_usage', `benchmark ${name} has no case ${JSON.stringify(unknown)}; it has: ${cases.join(', ')}`);
  return wanted ?? cases;
}

function runsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const runs = Number(text);
  if (!/^\d{1,6}$/.test(text) || runs < 1) throw new MurmurError('bad_usage', `--runs ${text}: a whole number from 1 is expected`);
  return runs;
}
