/** Records of runs that were interrupted, resumed and garbled. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cutTornLine, mergeLines, parseLines, readRecord, RECORD_FILE } from '../../simulations/run/read-record.ts';
import { linesOf, sampleRecord } from '../helpers/sample-record.ts';
import { thrownBy } from '../helpers/thrown.ts';

const sample = sampleRecord({ rounds: 6, edges: 20, perRound: 4 });
const { run, rounds, result } = sample;
let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-record-'));
  path = join(folder, RECORD_FILE);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (...lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

describe('readRecord', () => {
  it('gives back what was written', async () => {
    await writeFile(path, linesOf(sample));
    expect(await readRecord(folder)).toEqual(sample);
  });

  it('leaves out half a last line wherever it was cut, and knows then of no result', async () => {
    const whole = linesOf(sample);
    const end = whole.length - 1;
    const begin = whole.lastIndexOf('\n', end - 1) + 1;
    for (const cut of [begin + 1, begin + 20, end]) {
      await writeFile(path, whole.slice(0, cut));
      expect(await readRecord(folder)).toEqual({ run, rounds, result: null });
    }
  });

  it('takes the later line of a round, and what followed the earlier one did not happen', async () => {
    const again = { ...rounds[3], wallMs: 1 };
    await writeFile(path, text(run, ...rounds, { ...run, description: 'resumed' }, again));
    expect(await readRecord(folder)).toEqual({ run: { ...run, description: 'resumed' }, rounds: [...rounds.slice(0, 3), again], result: null });
    await appendFile(path, text(...rounds.slice(4), result));
    expect(await readRecord(folder)).toEqual({ run: { ...run, description: 'resumed' }, rounds: [...rounds.slice(0, 3), again, ...rounds.slice(4)], result });
  });

  it('has no result of a run that went on after its end', async () => {
    await writeFile(path, text(run, ...rounds.slice(0, 5), result, run, rounds[5]));
    expect(await readRecord(folder)).toEqual({ run, rounds, result: null });
  });

  it('says what is missing or wrong', async () => {
    expect(await thrownBy(() => readRecord(folder))).toMatchObject({ code: 'not_found' });
    const wrong = async (content: string): Promise<string> => {
      await writeFile(path, content);
      const error = await thrownBy(() => readRecord(folder));
      expect(error.code).toBe('storage_corrupt');
      return error.message.replace(`${path}`, 'FILE');
    };
    expect(await wrong('')).toMatch(/^FILE: the record does not begin with the line of its run$/);
    expect(await wrong(text(rounds[0], run))).toMatch(/does not begin/);
    expect(await wrong(text(run, { ...rounds[0], reported: -1 }))).toMatch(/^FILE, line 2: this is no line of a run's record \(reported: /);
    expect(await wrong(`${text(run)}{"type":"rou\n${text(rounds[0])}`)).toMatch(/^FILE, line 2: /);
    expect(await wrong(text(run, rounds[0], { ...run, seed: 2 }))).toMatch(/with seed 1 and fedavg-2nn-iid with seed 2/);
  });
});

describe('cutTornLine', () => {
  it('makes room for the next line', async () => {
    expect(await cutTornLine(folder)).toBe(0);
    await writeFile(path, text(run, rounds[0]));
    expect(await cutTornLine(folder)).toBe(0);
    await appendFile(path, '{"type":"round","rou');
    expect(await cutTornLine(folder)).toBe(20);
    await appendFile(path, text(rounds[1]));
    expect(await readFile(path, 'utf8')).toBe(text(run, rounds[0], rounds[1]));
  });

  it('empties a file that holds half a first line', async () => {
    await writeFile(path, '{"ty');
    expect(await cutTornLine(folder)).toBe(4);
    expect(await readFile(path, 'utf8')).toBe('');
  });
});

it('mergeLines takes the lines of one run, without a file', () => {
  expect(mergeLines(parseLines(linesOf(sample), 'lines'), 'lines')).toEqual(sample);
});
