/**
 * Reading what a run has written down. A run that was killed may end in half a line, and one that was resumed begins again with a
 * `run` line and may have written a round a second time: the later line is the one that holds.
 */
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EvaluatedVersion } from '../../shared/evaluation/summary.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { GossipResult, GossipRound, GossipRun, RecordLine, ResultLine, RoundFinding, RoundLine, RunLine } from './record.ts';

export const RECORD_FILE = 'rounds.jsonl';

const count = z.number().int().nonnegative();
const amount = z.number().nonnegative();
const fraction = z.number().min(0).max(1);

const OfRun = z.object({ way: z.string(), topology: z.string(), contraction: fraction.nullable() }) satisfies z.ZodType<GossipRun>;
const OfRound = z.object({ judged: count, worst: fraction.nullable(), consensus: amount, missed: count, came: count, left: count }) satisfies z.ZodType<GossipRound>;
const OfResult = z.object({ peers: count, worst: fraction.nullable(), accuracyOfMean: fraction.nullable(), consensus: amount, bytesPerPeer: amount }) satisfies z.ZodType<GossipResult>;
const Finding = z.object({ reading: z.string(), since: count, sure: z.enum(['possible', 'likely', 'certain']), edges: z.array(count) }) satisfies z.ZodType<RoundFinding>;

const Run = z.object({
  type: z.literal('run'), scenario: z.string(), description: z.string(), seed: z.number().int(), task: z.string(), target: fraction.nullable(),
  deviceClasses: z.array(z.string()), edges: z.array(z.object({ deviceClass: count, examples: count })),
  settings: z.record(z.string(), z.json()).optional(), gossip: OfRun.optional(), attackers: z.array(count).optional(),
}) satisfies z.ZodType<RunLine>;

const Round = z.object({
  type: z.literal('round'), round: count.min(1), outcome: z.enum(['committed', 'aborted']), reason: z.string().nullable(), version: count.nullable(),
  virtualMs: amount, wallMs: amount, accuracy: fraction.nullable(), loss: z.number().nullable(), trainLoss: z.number().nullable(),
  eligible: count, selected: count, reported: count, bytesUp: amount, bytesDown: amount,
  phaseMs: z.record(z.string(), amount), reasons: z.record(z.string(), count), selectedEdges: z.array(count), reportedEdges: z.array(count),
  faults: z.record(z.string(), count).optional(), gossip: OfRound.optional(), evaluation: EvaluatedVersion.optional(), findings: z.array(Finding).optional(), staleness: z.object({ mean: amount, worst: count }).optional(), attackSuccess: fraction.optional(),
}) satisfies z.ZodType<RoundLine>;

const Result = z.object({
  type: z.literal('result'), scenario: z.string(), seed: z.number().int(), rounds: count, roundsToTarget: amount.nullable(), target: fraction.nullable(),
  accuracy: fraction.nullable(), loss: z.number().nullable(), bytesUp: amount, bytesDown: amount,
  virtualSeconds: amount, virtualSecondsToTarget: amount.nullable(), wallSeconds: amount, digest: z.string(), gossip: OfResult.optional(), attackSuccess: fraction.optional(),
}) satisfies z.ZodType<ResultLine>;

const Line = z.discriminatedUnion('type', [Run, Round, Result]);

/** One run: its last segment's first line, each round once, oldest first, and the result where it reached its end. */
export interface RunRecord {
  readonly run: RunLine;
  readonly rounds: readonly RoundLine[];
  readonly result: ResultLine | null;
}

/** @throws not_found where the folder holds no record, storage_corrupt with the line that is wrong */
export async function readRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, RECORD_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new MurmurError('not_found', `there is no record of a run: ${toMurmurError(thrown).message}`, { cause: thrown });
  }
  return mergeLines(parseLines(text, path), path);
}

/**
 * Cuts off half a line that a killed process left, so that the next line does not go on in it: to be called before a record is appended to.
 * Does nothing where the file is whole, or is not there yet.
 * @returns bytes that were cut off
 */
export async function cutTornLine(folder: string): Promise<number> {
  const path = join(folder, RECORD_FILE);
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return 0;
  const whole = bytes.lastIndexOf('\n') + 1;
  if (whole < bytes.byteLength) await truncate(path, whole);
  return bytes.byteLength - whole;
}

/**
 * @param name of the file, for messages
 * @throws storage_corrupt with the line that is wrong; a last line without its end is left out instead
 */
export function parseLines(text: string, name: string): RecordLine[] {
  const lines = text.split('\n');
  // A whole line ends with a line break: what stands behind the last one is what a killed process could still write.
  return lines.slice(0, -1).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const parsed = Line.safeParse(jsonOf(line));
    if (parsed.success) return [parsed.data];
    const where = parsed.error.issues[0];
    throw new MurmurError('storage_corrupt', `${name}, line ${i + 1}: this is no line of a run's record (${[where.path.join('.'), where.message].filter(Boolean).join(': ')})`);
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * The lines of one run, segments of a resumed one merged.
 * @throws storage_corrupt where a run's first line is missing, or the lines are of different runs
 */
export function mergeLines(lines: readonly RecordLine[], name: string): RunRecord {
  const runs = lines.filter((line) => line.type === 'run');
  const run = runs.at(-1);
  if (run === undefined || lines[0].type !== 'run') throw new MurmurError('storage_corrupt', `${name}: the record does not begin with the line of its run`);
  const other = runs.find(({ scenario, seed }) => scenario !== run.scenario || seed !== run.seed);
  if (other !== undefined) throw new MurmurError('storage_corrupt', `${name}: one record holds ${other.scenario} with seed ${other.seed} and ${run.scenario} with seed ${run.seed}`);
  const rounds: RoundLine[] = [];
  let result: ResultLine | null = null;
  for (const line of lines) {
    if (line.type === 'result') result = line;
    // What goes on after its end, to more rounds, has another one.
    else result = null;
    if (line.type !== 'round') continue;
    // Whoever writes a round again went back to before it: what followed it then did not happen.
    while (rounds.length > 0 && rounds[rounds.length - 1].round >= line.round) rounds.pop();
    rounds.push(line);
  }
  return { run, rounds, result };
}
