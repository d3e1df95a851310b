/** The arguments of `npm run bench`. */
import { parseArgs } from 'node:util';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Benchmark } from './benchmark.ts';

export interface BenchPlan {
  readonly benchmark: Benchmark;
  readonly cases: readonly string[];
}

export interface RunOptions {
  /** In this order. */
  readonly plans: readonly BenchPlan[];
  /** null: as many as each case has by default. */
  readonly runs: number | null;
  readonly json: boolean;
  /** Where the run is stored: a file, or a folder that gets a file for each benchmark; null: nowhere. */
  readonly save: string | null;
  /** The stored run that this one is compared with. */
  readonly compare: string | null;
}

export type BenchCommand =
  | { readonly type: 'help' }
  | { readonly type: 'run'; readonly options: RunOptions }
  | { readonly type: 'compare'; readonly before: string; readonly after: string; readonly json: boolean };

/** Names that stand for more than a benchmark; none may be called so. */
const ALL = 'all';
const COMPARE = 'compare';

/** @throws bad_usage saying what there is instead */
export function parseBenchArguments(args: readonly string[], benchmarks: readonly Benchmark[]): BenchCommand {
  const { values, positionals } = parsed(args);
  if (values.help === true) return { type: 'help' };
  const [name, ...surplus] = positionals;
  const json = values.json === true;
  const names = [...benchmarks.map((benchmark) => benchmark.name), ALL].join(', ');
  if (name === undefined) throw new MurmurError('bad_usage', `which benchmark? There are: ${names}`);
  if (name === COMPARE) {
    const [before, after, ...rest] = surplus;
    if (before === undefined || after === undefined || rest.length > 0) throw new MurmurError('bad_usage', 'compare takes two stored runs: compare BEFORE AFTER');
    const idle = (['case', 'runs', 'plots', 'save', 'compare'] as const).find((option) => values[option] !== undefined);
    if (idle !== undefined) throw new MurmurError('bad_usage', `compare runs nothing, so there is no place for --${idle}`);
    return { type: 'compare', before, after, json };
  }
  if (surplus.length > 0) throw new MurmurError('bad_usage', `one benchmark at a time, or ${ALL}: ${JSON.stringify(surplus[0])} is one name too many`);
  const chosen = name === ALL ? benchmarks : benchmarks.filter((one) => one.name === name);
  if (chosen.length === 0) throw new MurmurError('bad_usage', `there is no benchmark ${JSON.stringify(name)}; there are: ${names}`);
  if (values.case !== undefined && name === ALL) throw new MurmurError('bad_usage', `--case names a case of one benchmark; ${ALL} runs every case of every one`);
  if (values.case !== undefined && values.plots === true) throw new MurmurError('bad_usage', '--case names the cases, --plots takes them all: one of the two');
  return {
    type: 'run',
    options: {
      plans: chosen.map((benchmark) => ({ benchmark, cases: casesOf(benchmark, values.case, values.plots === true) })),
      runs: runsOf(values.runs), json, save: values.save ?? null, compare: values.compare ?? null,
    },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args], allowPositionals: true,
      options: {
        json: { type: 'boolean' }, case: { type: 'string', multiple: true }, runs: { type: 'string' }, plots: { type: 'boolean' },
        save: { type: 'string' }, compare: { type: 'string' }, help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (thrown) {
    throw new MurmurError('bad_usage', toMurmurError(thrown).message, { cause: thrown });
  }
}

function casesOf({ name, cases, accepts, plotCases = [] }: Benchmark, wanted: readonly string[] | undefined, plots: boolean): readonly string[] {
  if (wanted === undefined) return plots ? [...new Set([...cases, ...plotCases])] : cases;
  for (const one of wanted) {
    if (cases.includes(one)) continue;
    if (accepts === undefined) throw new MurmurError('bad_usage', `benchmark ${name} has no case ${JSON.stringify(one)}; it has: ${cases.join(', ')}`);
    accepts(one);
  }
  return wanted;
}

function runsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const runs = Number(text);
  if (!/^\d{1,6}$/.test(text) || runs < 1) throw new MurmurError('bad_usage', `--runs ${text}: a whole number from 1 is expected`);
  return runs;
}
