/** `murmur simulate --faults` without the command line around it: its options in words, and what it prints. */
import { readFile, writeFile } from 'node:fs/promises';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import { readSeedRange, type SeedRange } from '../seed-range.ts';
import { whyUnreadable } from '../why-unreadable.ts';
import type { AnySchedule, FaultKind } from './fault-kind.ts';
import { createRunner, runFaultSeeds, type Violation } from './run-seeds.ts';

/** What the command line gives and takes; `cli/output.ts` is one. */
export interface FaultOutput {
  /** Progress for people. */
  note(text: string): void;
  /** Something that happened on the way. */
  event(fields: object, text: string): void;
  /** The last line. */
  result(fields: object, text: string): void;
}

export interface FaultCommandOptions {
  /** `17`, or `A..B`, both included. */
  readonly seeds?: string;
  /** A file with one schedule, run instead of seeds. */
  readonly schedule?: string;
  readonly trace?: boolean;
  readonly signal?: AbortSignal;
  /** Where the shrunk schedules of failing seeds are written: `DIR/faults-SEED.json`. Default: the current folder. */
  readonly into?: string;
}

/** @throws bad_usage */
export function parseFaultSeeds(text: string): SeedRange {
  const range = readSeedRange(text);
  if (range !== null && range.to < range.from) throw new MurmurError('bad_usage', `the range of seeds ${text.trim()} runs backwards; ${range.to}..${range.from} is meant, perhaps`);
  if (range === null) throw new MurmurError('bad_usage', `${JSON.stringify(text)} is no range of seeds; 7, or 0..9999 (both included) are`);
  return range;
}

/** @returns whether nothing was found. @throws bad_usage, bad_config */
export async function runFaultCommand<Schedule extends AnySchedule>(kind: FaultKind<Schedule>, options: FaultCommandOptions, output: FaultOutput): Promise<boolean> {
  if (options.schedule !== undefined) return replay(kind, await readSchedule(kind, options.schedule), options, output);
  if (options.seeds === undefined) throw new MurmurError('bad_usage', 'which seeds? --seeds 0..999 runs a thousand');
  const { from, to } = parseFaultSeeds(options.seeds);
  const told: Promise<void>[] = [];
  const { seeds, violations, seedsPerSecond } = await runFaultSeeds(kind, {
    from, to,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.trace ? { onTrace: (line: string) => output.event({ trace: line }, line) } : {}),
    onProgress: (progress) => output.note(`${progress.done} of ${progress.of} seeds, ${progress.violations} violations, ${progress.seedsPerSecond.toFixed(0)} seeds/s`),
    onViolation: (violation) => void told.push(tell(kind, violation, options.into ?? '.', output)),
  });
  await Promise.all(told);
  output.result({ seeds, violations, seedsPerSecond: Number(seedsPerSecond.toFixed(1)) }, `${seeds} seeds, ${violations} violations, ${seedsPerSecond.toFixed(0)} seeds/s`);
  return violations === 0;
}

export const replayCommand = ({ command }: Pick<FaultKind, 'command'>, seed: number): string => `${command} --seeds ${seed}..${seed} --trace`;

async function tell<Schedule extends AnySchedule>(kind: FaultKind<Schedule>, { seed, found, schedule }: Violation<Schedule>, into: string, output: FaultOutput): Promise<void> {
  const file = `${into}/${kind.files}-${seed}.json`;
  if (schedule) await writeFile(file, `${JSON.stringify(schedule, null, 2)}\n`);
  const smaller = schedule ? [`smaller: ${kind.command} --schedule ${file} --trace (${schedule.faults.length} faults)`] : [];
  output.event({ seed, found, replay: replayCommand(kind, seed), ...(schedule ? { schedule, file } : {}) }, [`seed ${seed}:`, ...found.map((sentence) => `  ${sentence}`), `  replay: ${replayCommand(kind, seed)}`, ...smaller.map((line) => `  ${line}`)].join('\n'));
}

async function replay<Schedule extends AnySchedule>(kind: FaultKind<Schedule>, schedule: Schedule, { trace }: FaultCommandOptions, output: FaultOutput): Promise<boolean> {
  const runner = await createRunner(kind);
  try {
    const began = performance.now();
    const { violations } = await runner.run(schedule, trace ? (line) => output.event({ trace: line }, line) : undefined);
    const seedsPerSecond = Number((1000 / (performance.now() - began)).toFixed(1));
    for (const sentence of violations) output.event({ found: sentence }, sentence);
    output.result({ seeds: 1, violations: violations.length > 0 ? 1 : 0, seedsPerSecond }, violations.length > 0 ? 'the schedule fails' : 'nothing was found');
    return violations.length === 0;
  } finally {
    await runner.close();
  }
}

/** @throws bad_config with the path of each wrong field, not_found */
async function readSchedule<Schedule extends AnySchedule>(kind: FaultKind<Schedule>, path: string): Promise<Schedule> {
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw new MurmurError('not_found', `the schedule ${path} cannot be read: ${whyUnreadable(thrown)}`, { cause: thrown });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new MurmurError('bad_config', `${path} is no JSON: ${toMurmurError(thrown).message}`, { cause: thrown });
  }
  return kind.parse(value);
}
