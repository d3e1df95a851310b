/** `murmur simulate SCENARIO`: runs a scenario, or many of them, and says what came of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { MurmurError } from '../../shared/errors.ts';
import { formatDuration, formatPercent } from '../../shared/format.ts';
import type { RecordLine, ResultLine, RoundLine } from '../../simulations/run/record.ts';
import type { Scenario } from '../../simulations/scenario/scenario.ts';
import { collect, parseCount } from '../arguments.ts';
import { withInterruption } from '../interruption.ts';
import { createTextLogger } from '../logger.ts';
import type { Output } from '../output.ts';
import { formatTable } from '../table.ts';

interface SimulateOptions {
  readonly seed: number;
  readonly workers?: number;
  readonly rounds?: number;
  readonly full?: true;
  readonly set?: readonly string[];
  readonly out?: string;
  /** False where nothing is to be kept. */
  readonly keep: boolean;
  readonly fresh?: true;
  readonly list?: true;
  readonly partition?: string;
}

export function addSimulate(parent: Command, output: Output): void {
  parent
    .command('simulate')
    .description('run a scenario: the real coordinator and real edges over a virtual network, in virtual time')
    .argument('[scenario]', 'the name of one (--list), or a JSON file')
    .option('--list', 'list the scenarios that have names')
    .option('--seed <n>', 'the same seed gives the same result', parseSeed, 1)
    .option('--workers <n>', 'threads that train (default: one a core)', parseCount)
    .option('--rounds <n>', 'versions at which it ends at the latest', parseCount)
    .option('--full', 'goes on when the target is reached')
    .option('--set <path=value>', 'changes a setting of the scenario, as in task.algorithm.learningRate=0.05; may be given several times', collect)
    .option('--out <folder>', 'where the run is kept (default: data/simulations/SCENARIO-seedN); one that was interrupted goes on from there')
    .option('--no-keep', 'keeps nothing: no folder, no resuming')
    .option('--fresh', 'begins anew where an unfinished run lies in the folder')
    .option('--partition <file>', 'draws how the examples are dealt out, as an SVG, and runs nothing')
    .action((name: string | undefined, options: SimulateOptions) => withInterruption((signal) => run(name, options, signal, output)));
}

function parseSeed(text: string): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('A whole number is expected.');
  return value;
}

async function run(name: string | undefined, options: SimulateOptions, signal: AbortSignal, output: Output): Promise<void> {
  const { findScenario, listScenarios } = await import('../../simulations/scenario/find-scenario.ts');
  if (options.list) return list(listScenarios(), output);
  if (name === undefined) throw new MurmurError('bad_usage', 'which scenario? Give its name or a JSON file; `murmur simulate --list` lists those that have names');
  const scenario = await findScenario(name, overridesOf(options));
  await runOne(scenario, options, signal, output);
}

function overridesOf({ set = [], rounds }: SimulateOptions): readonly (readonly [path: string, value: unknown])[] {
  const given = set.map((text): [string, unknown] => {
    const at = text.indexOf('=');
    if (at < 1) throw new MurmurError('bad_usage', `--set ${text}: give PATH=VALUE, as in task.round.goal=20`);
    return [text.slice(0, at), valueOf(text.slice(at + 1))];
  });
  return rounds === undefined ? given : [...given, ['rounds', rounds]];
}

/** JSON where it is some, else the text itself: `--set fleet.preset=phones` needs no quotation marks. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function list(scenarios: readonly { readonly name: string; readonly description: string }[], output: Output): void {
  output.result({ scenarios }, formatTable(['SCENARIO', 'WHAT IT SHOWS'], scenarios.map(({ name, description }) => [name, description])));
}

async function runOne(scenario: Scenario, options: SimulateOptions, signal: AbortSignal, output: Output): Promise<ResultLine> {
  const [{ simulate }, { openRunFolder }, { progressOf }] = await Promise.all([import('../../simulations/run/simulate.ts'), import('../../simulations/run/run-folder.ts'), import('../simulate/progress.ts')]);
  const { seed } = options;
  const path = options.out ?? join('data', 'simulations', `${scenario.name}-seed${seed}`);
  const folder = options.keep ? await openRunFolder(path, { scenario, seed, fresh: options.fresh ?? false }) : null;
  const before = folder?.before?.rounds ?? [];
  if (before.length > 0) output.note(`Going on with the run in ${path} that was interrupted after round ${before.at(-1)?.round} (--fresh begins anew).`);
  const progress = progressOf(scenario, output);
  const rounds: RoundLine[] = [...before];
  try {
    const result = await simulate(scenario, {
      seed, signal, before,
      ...(options.workers === undefined ? {} : { workers: options.workers }),
      ...(options.full ? { full: true } : {}),
      folder: folder?.state ?? null,
      logger: createTextLogger(output),
      onLine(line: RecordLine) {
        folder?.append(line);
        if (line.type === 'round') {
          rounds.push(line);
          progress.round(line, rounds);
        }
      },
    });
    progress.end();
    output.result(contractOf(result), describeResult(result, folder === null ? null : path));
    return result;
  } catch (thrown) {
    progress.end();
    if (folder !== null && signal.aborted) output.note(`Interrupted; \`murmur simulate ${scenario.name} --seed ${seed}\` goes on after round ${rounds.at(-1)?.round ?? 0}.`);
    throw thrown;
  } finally {
    await folder?.close();
    if (folder !== null) await writeReportOf(path);
  }
}

/** Also of an unfinished run: what there is can be looked at. */
async function writeReportOf(path: string): Promise<void> {
  void writeFile;
  void path;
}

/** What other programs rely on (DESIGN §12), and what else there is. */
function contractOf({ type: _, ...result }: ResultLine): object {
  return result;
}

function describeResult(result: ResultLine, path: string | null): string {
  const rows: string[][] = [
    ['rounds', String(result.rounds)],
    ...(result.target === null ? [] : [['to the target', result.roundsToTarget === null ? `${formatPercent(result.target)} was not reached` : `${formatPercent(result.target)} after ${result.roundsToTarget.toFixed(1)} rounds`]]),
    ['accuracy', formatPercent(result.accuracy)],
    ['virtual time', formatDuration(1000 * result.virtualSeconds)],
    ['wall time', `${result.wallSeconds.toFixed(1)} s`],
    ['digest', result.digest.slice(0, 16)],
    ...(path === null ? [] : [['kept in', path]]),
  ];
  return rows.map(([label, value]) => `${label.padEnd(14)} ${value}`).join('\n');
}

