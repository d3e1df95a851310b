/**
 * A run that was stored, to be compared with and to be plotted: one JSON object a line. A line with `machine` begins a
 * benchmark; the lines of its figures are those of `--json` with their samples beside them; what was skipped or has
 * failed has a line, too.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { Measurement } from './benchmark.ts';
import type { MachineFacts } from './machine-facts.ts';
import { resultLine } from './summary.ts';

export const STORED_EXTENSION = '.jsonl';

const Machine = z.object({ cpu: z.string(), cores: z.number(), load: z.number(), node: z.string(), platform: z.string(), syncMs: z.number() });
const samples = z.array(z.number()).min(1);

const StoredBegin = z.object({ bench: z.string(), machine: Machine, at: z.iso.datetime() });
const StoredFigure = z.object({ bench: z.string(), case: z.string(), metric: z.string(), unit: z.string(), smallerIsBetter: z.boolean(), samples, baselineSamples: samples.nullable() });
const StoredRemark = z.object({ bench: z.string(), case: z.string() }).and(z.union([z.object({ note: z.string() }), z.object({ skipped: z.string() }), z.object({ error: z.object({ code: z.string(), message: z.string() }) })]));
const StoredLine = z.union([StoredBegin, StoredFigure, StoredRemark]);

export type StoredBegin = z.infer<typeof StoredBegin>;
export type StoredFigure = z.infer<typeof StoredFigure>;

export interface StoredRun {
  /** What it is called in messages: where it was read from. */
  readonly name: string;
  readonly begins: readonly StoredBegin[];
  readonly figures: readonly StoredFigure[];
}

export function beginLine(bench: string, machine: MachineFacts, at: Date): StoredBegin {
  return { bench, machine, at: at.toISOString() };
}

export function figureOf(bench: string, name: string, { metric, unit, smallerIsBetter, samples, baseline }: Measurement): StoredFigure {
  return { bench, case: name, metric, unit, smallerIsBetter, samples: [...samples], baselineSamples: baseline === undefined ? null : [...baseline] };
}

/** A line of `--json` and the samples behind it. */
export function figureLine(bench: string, name: string, measurement: Measurement): object {
  return { ...resultLine(bench, name, measurement), ...figureOf(bench, name, measurement) };
}

/** @param path a file, or a folder with a file for each benchmark. @throws bad_usage for what is no stored run */
export async function readStoredRun(path: string): Promise<StoredRun> {
  const files = await filesAt(path);
  const run: StoredRun & { begins: StoredBegin[]; figures: StoredFigure[] } = { name: path, begins: [], figures: [] };
  for (const file of files) {
    const { begins, figures } = parseStoredRun(file, await readFile(file, 'utf8'));
    run.begins.push(...begins);
    run.figures.push(...figures);
  }
  return run;
}

async function filesAt(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
  } catch (thrown) {
    throw new MurmurError('bad_usage', `there is no stored run ${path}: ${toMurmurError(thrown).message}`, { cause: thrown });
  }
  const names = (await readdir(path)).filter((name) => name.endsWith(STORED_EXTENSION)).sort();
  if (names.length === 0) throw new MurmurError('bad_usage', `the folder ${path} holds no stored run (no file *${STORED_EXTENSION}); --save ${path} stores one there`);
  return names.map((name) => join(path, name));
}

/** @throws bad_usage with the line that is wrong */
export function parseStoredRun(name: string, text: string): StoredRun {
  const begins: StoredBegin[] = [];
  const figures: StoredFigure[] = [];
  const seen = new Set<string>();
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const wrong = (why: string): MurmurError => new MurmurError('bad_usage', `${name}, line ${i + 1}: ${why}; a run stored by --save is expected`);
    const parsed = StoredLine.safeParse(jsonOf(line));
    if (!parsed.success) throw wrong(jsonOf(line) === undefined ? 'this is no JSON' : 'this is no line of a stored run');
    if ('machine' in parsed.data) begins.push(parsed.data);
    if (!('samples' in parsed.data)) return;
    const key = figureKey(parsed.data);
    if (seen.has(key)) throw wrong(`${key} is there a second time`);
    seen.add(key);
    if (!begins.some(({ bench }) => bench === parsed.data.bench)) throw wrong(`a figure of ${parsed.data.bench}, and no line before it says on what machine it was measured`);
    figures.push(parsed.data);
  });
  if (figures.length === 0) throw new MurmurError('bad_usage', `${name} holds no figure; a run stored by --save is expected`);
  return { name, begins, figures };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export const figureKey = (figure: { readonly bench: string; readonly case: string; readonly metric: string }): string => `${figure.bench}, ${figure.case}, ${figure.metric}`;
