/** A run's event files, opened by the real TensorBoard: as scripts read them, and as its plugins do. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeDisk } from '../../server/storage/node-disk.ts';
import type { RoundLine } from '../../simulations/run/record.ts';
import { BY_ROUND, BY_TIME, openRunEvents } from '../../simulations/run/run-events.ts';
import { sampleRecord } from '../helpers/sample-record.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const INSTALLED = join(ROOT, '.cache/tensorboard');
/** The environment that the script makes, else a Python that was named or is on the PATH. */
const PYTHON = process.env['MURMUR_PYTHON'] ?? (existsSync(join(INSTALLED, 'complete')) ? join(INSTALLED, 'bin/python') : 'python3');
const tensorboardIsMissing = spawnSync(PYTHON, ['-c', 'import tensorboard.plugins.scalar.metadata']).status !== 0;
if (tensorboardIsMissing) console.warn(`\nTHE TENSORBOARD TEST IS SKIPPED: ${PYTHON} cannot import tensorboard.\nInstall it (node scripts/tensorboard-venv.mjs), or name another Python that has it: MURMUR_PYTHON=/path/to/python3\n`);

type Series = readonly (readonly [wall: number, step: number, value: number])[];
type Runs = Readonly<Record<string, Readonly<Record<string, Series>>>>;

async function readByTensorboard(folder: string, ...runs: readonly string[]): Promise<{ readonly scripts: Runs; readonly plugins: Runs }> {
  const { stdout } = await promisify(execFile)(PYTHON, [join(ROOT, 'test/helpers/read_events.py'), folder, ...runs], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as { scripts: Runs; plugins: Runs };
}

describe.skipIf(tensorboardIsMissing)('event files of a run', () => {
  const { rounds } = sampleRecord({ rounds: 40, seed: 3 });
  const again = rounds.map((line): RoundLine => ({ ...line, loss: line.loss === null ? null : line.loss + 1 }));
  let folder = '';
  let now = 1_700_000_000_250;
  const clock = { now: () => (now += 500) };
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'murmuration-tensorboard-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A process's part of a run. */
  async function session(written: readonly RoundLine[], earlier: readonly RoundLine[]): Promise<void> {
    const events = await openRunEvents({ disk: await createNodeDisk(folder), clock, earlier });
    for (const line of written) events.round(line);
    await events.close();
  }

  const values = (series: Series): readonly (readonly [number, number])[] => series.map(([, step, value]) => [step, value]);
  const evaluated = (lines: readonly RoundLine[], along: (line: RoundLine) => number, value: (line: RoundLine) => number | null): readonly (readonly [number, number])[] =>
    lines.flatMap((line) => (value(line) === null ? [] : [[along(line), Math.fround(value(line) as number)] as const]));

  it('come back exactly, also where a resumed run wrote rounds a second time', async () => {
    expect(rounds.some(({ outcome }) => outcome === 'aborted')).toBe(true);
    await session(rounds.slice(0, 30), []);
    await session(again.slice(25), rounds.slice(0, 25));
    const held = [...rounds.slice(0, 25), ...again.slice(25)];
    const read = await readByTensorboard(folder, BY_ROUND, BY_TIME);
    const round = (line: RoundLine): number => line.round;
    const seconds = (line: RoundLine): number => Math.round(line.virtualMs / 1000);
    let up = 0;
    const upInAll = new Map(held.map((line) => [line.round, (up += line.bytesUp)]));
    for (const { [BY_ROUND]: byRound, [BY_TIME]: byTime } of [read.scripts, read.plugins]) {
      expect(Object.keys(byRound).sort()).toEqual([
        'bytes/down', 'bytes/down in all', 'bytes/up', 'bytes/up in all', 'learning/accuracy', 'learning/loss', 'learning/training loss', 'participation/eligible', 'participation/reported', 'participation/selected',
        'time/real seconds of the round', 'time/virtual seconds in all',
      ]);
      expect(values(byRound['learning/accuracy'])).toEqual(evaluated(held, round, (line) => line.accuracy));
      expect(values(byRound['learning/loss'])).toEqual(evaluated(held, round, (line) => line.loss));
      expect(values(byRound['participation/reported'])).toEqual(evaluated(held, round, (line) => line.reported));
      expect(values(byRound['bytes/up in all'])).toEqual(evaluated(held, round, (line) => upInAll.get(line.round) ?? null));
      expect(Object.keys(byTime).sort()).toEqual(['by time/accuracy', 'by time/bytes down in all', 'by time/bytes up in all', 'by time/loss', 'by time/round', 'by time/training loss']);
      expect(values(byTime['by time/accuracy'])).toEqual(evaluated(held, seconds, (line) => line.accuracy));
      expect(values(byTime['by time/loss'])).toEqual(evaluated(held, seconds, (line) => line.loss));
      // Half a millisecond is what a double keeps of seconds since 1970, and more.
      expect(byRound['learning/accuracy'].every(([wall]) => wall >= 1_700_000_000 && (wall * 1000) % 250 === 0)).toBe(true);
    }
  });
});
