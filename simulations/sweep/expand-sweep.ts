/** A sweep: one scenario, run for every combination of some settings and for every seed. */
import { MurmurError } from '../../shared/errors.ts';
import { readSeedRange } from '../seed-range.ts';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface SweepSpec {
  /** `1..3`, `4`, `1,2,5..7`, or a list. */
  readonly seeds: string | readonly number[];
  /** Dotted paths in the scenario, each with the values that it takes: `{ 'task.algorithm.learningRate': [0.05, 0.1] }`. */
  readonly set?: Readonly<Record<string, readonly Json[]>>;
}

export type Settings = Readonly<Record<string, Json>>;

/** One run of a sweep. */
export interface SweepRun {
  /** Folder of the run within the sweep's: its settings and seed, short and the same at each expansion. */
  readonly folder: string;
  readonly settings: Settings;
  readonly seed: number;
}

const MOST_RUNS = 10_000;
const LONGEST_NAME = 120;

/**
 * The grid, settings in the order in which they are written, seeds within them.
 * @throws bad_usage with the part that is wrong
 */
export function expandSweep({ seeds, set = {} }: SweepSpec): readonly SweepRun[] {
  const all = parseSweepSeeds(seeds);
  let grid: Settings[] = [{}];
  for (const [path, values] of Object.entries(set)) {
    checkPath(path);
    if (values.length === 0) throw new MurmurError('bad_usage', `${path}: no value is given to sweep over`);
    const repeated = values.find((value, i) => values.findIndex((other) => JSON.stringify(other) === JSON.stringify(value)) < i);
    if (repeated !== undefined) throw new MurmurError('bad_usage', `${path}: ${JSON.stringify(repeated)} is given twice`);
    grid = grid.flatMap((settings) => values.map((value) => ({ ...settings, [path]: value })));
    if (grid.length * all.length > MOST_RUNS) throw new MurmurError('bad_usage', `the sweep has more than ${MOST_RUNS} runs`);
  }
  const names = shortNames(Object.keys(set));
  const runs = grid.flatMap((settings) => all.map((seed): SweepRun => ({ folder: folderName(settings, names, seed), settings, seed })));
  // Values of which only characters differ that no folder can have.
  const taken = new Map<string, number>();
  return runs.map((run) => {
    const times = (taken.get(run.folder) ?? 0) + 1;
    taken.set(run.folder, times);
    return times === 1 ? run : { ...run, folder: `${run.folder}~${times}` };
  });
}

/** @throws bad_usage */
export function parseSweepSeeds(seeds: string | readonly number[]): readonly number[] {
  const wrong = (why: string): MurmurError => new MurmurError('bad_usage', `seeds: ${why}; 1..3, 4 or 1,2,5..7 is expected`);
  const parts = typeof seeds === 'string' ? seeds.split(',') : seeds.map(String);
  const all = parts.flatMap((part) => {
    const range = readSeedRange(part);
    if (range === null) throw wrong(`${JSON.stringify(part)} is none`);
    const { from, to } = range;
    if (to < from) throw wrong(`${part.trim()} runs backwards`);
    if (to - from >= MOST_RUNS) throw wrong(`${part.trim()} are more than ${MOST_RUNS}`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  return [...new Set(all)];
}

const FORBIDDEN = new Set(['__proto__', 'prototype', 'constructor']);

function checkPath(path: string): void {
  const names = path.split('.');
  if (names.some((name) => name === '' || FORBIDDEN.has(name))) throw new MurmurError('bad_usage', `${JSON.stringify(path)} is no path: names with dots between them are expected, as in task.algorithm.learningRate`);
}

/** The last name of each path; with those before it where two would be alike. */
function shortNames(paths: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(paths.map((path) => {
    const names = path.split('.');
    const unique = names.map((_, i) => names.slice(names.length - 1 - i).join('.')).find((short) => paths.filter((other) => other === short || other.endsWith(`.${short}`)).length === 1);
    return [path, unique ?? path];
  }));
}

function folderName(settings: Settings, names: Readonly<Record<string, string>>, seed: number): string {
  const parts = Object.entries(settings).map(([path, value]) => `${names[path]}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const safe = parts.join(',').replace(/[^\w.=,+-]/g, '_').slice(0, LONGEST_NAME);
  return `${safe === '' ? '' : `${safe},`}seed=${seed}`;
}

/**
 * A copy of a scenario with other settings; lists are entered by index (`fleet.classes.0.share`), objects that are missing are made.
 * @param scenario plain JSON @throws bad_usage where a path runs into something that is no object, or behind a list's end
 */
export function applySettings<T extends Json>(scenario: T, settings: Settings): T {
  return Object.entries(settings).reduce<Json>((changed, [path, value]) => withValue(changed, path.split('.'), value, path), scenario) as T;
}

function withValue(holder: Json | undefined, [name, ...rest]: readonly string[], value: Json, path: string): Json {
  const inner = (held: Json | undefined): Json => (rest.length === 0 ? value : withValue(held, rest, value, path));
  if (Array.isArray(holder)) {
    const list = holder as readonly Json[];
    const index = /^\d+$/.test(name) ? Number(name) : -1;
    if (index < 0 || index >= list.length) throw new MurmurError('bad_usage', `${path}: ${name} is no place in a list of ${list.length}`);
    return list.map((held, i) => (i === index ? inner(held) : held));
  }
  if (holder !== undefined && (typeof holder !== 'object' || holder === null)) throw new MurmurError('bad_usage', `${path}: there is no ${name} in ${JSON.stringify(holder)}`);
  const object = (holder ?? {}) as { readonly [key: string]: Json };
  return { ...object, [name]: inner(Object.hasOwn(object, name) ? object[name] : undefined) };
}
