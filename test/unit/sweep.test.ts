/** Sweeps: what is run, what is passed over, and the table that comes of it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RECORD_FILE } from '../../simulations/run/read-record.ts';
import type { ResultLine } from '../../simulations/run/record.ts';
import { applySettings, expandSweep, parseSweepSeeds, type Settings } from '../../simulations/sweep/expand-sweep.ts';
import { runSweep } from '../../simulations/sweep/run-sweep.ts';
import { summariseSweep, sweepCsv, sweepJson, sweepTable, type SweepResult } from '../../simulations/sweep/summarise-sweep.ts';
import { linesOf, sampleRecord } from '../helpers/sample-record.ts';
import { thrownBy } from '../helpers/thrown.ts';

describe('expandSweep', () => {
  it('is the grid of all settings, seeds within them', () => {
    expect(expandSweep({ seeds: '1..2', set: { 'task.algorithm.learningRate': [0.05, 0.1], 'task.algorithm.batchSize': [10] } })).toEqual([
      { folder: 'learningRate=0.05,batchSize=10,seed=1', settings: { 'task.algorithm.learningRate': 0.05, 'task.algorithm.batchSize': 10 }, seed: 1 },
      { folder: 'learningRate=0.05,batchSize=10,seed=2', settings: { 'task.algorithm.learningRate': 0.05, 'task.algorithm.batchSize': 10 }, seed: 2 },
      { folder: 'learningRate=0.1,batchSize=10,seed=1', settings: { 'task.algorithm.learningRate': 0.1, 'task.algorithm.batchSize': 10 }, seed: 1 },
      { folder: 'learningRate=0.1,batchSize=10,seed=2', settings: { 'task.algorithm.learningRate': 0.1, 'task.algorithm.batchSize': 10 }, seed: 2 },
    ]);
    expect(expandSweep({ seeds: [7] })).toEqual([{ folder: 'seed=7', settings: {}, seed: 7 }]);
  });

  it('names folders apart, and safely', () => {
    const folders = (set: Record<string, (string | object)[]>): string[] => expandSweep({ seeds: '1', set: set as never }).map(({ folder }) => folder);
    expect(folders({ 'a.rate': ['1'], 'b.rate': ['2'] })).toEqual(['a.rate=1,b.rate=2,seed=1']);
    expect(folders({ 'a.name': ['../x', '..?x'] })).toEqual(['name=.._x,seed=1', 'name=.._x,seed=1~2']);
    expect(folders({ 'a.name': [{ deep: 1 }] })).toEqual(['name=__deep__1_,seed=1']);
  });

  it('refuses what is no sweep', async () => {
    const refused = async (spec: unknown): Promise<string> => {
      const error = await thrownBy(() => expandSweep(spec as never));
      expect(error.code).toBe('bad_usage');
      return error.message;
    };
    expect(await refused({ seeds: '3..1' })).toContain('runs backwards');
    expect(await refused({ seeds: '1..x' })).toContain('"1..x" is none');
    expect(await refused({ seeds: '-1' })).toContain('is none');
    expect(await refused({ seeds: '1', set: { 'a..b': [1] } })).toContain('"a..b" is no path');
    expect(await refused({ seeds: '1', set: { 'a.__proto__.b': [1] } })).toContain('is no path');
    expect(await refused({ seeds: '1', set: { a: [] } })).toContain('no value');
    expect(await refused({ seeds: '1', set: { a: [1, 2, 1] } })).toContain('1 is given twice');
    expect(await refused({ seeds: '1..1000', set: { a: Array.from({ length: 11 }, (_, i) => i) } })).toContain('more than 10000 runs');
  });

  it('reads seeds', () => {
    expect(parseSweepSeeds('1,2, 5..7,6')).toEqual([1, 2, 5, 6, 7]);
    expect(parseSweepSeeds([3, 1])).toEqual([3, 1]);
  });
});

describe('applySettings', () => {
  const scenario = { task: { algorithm: { learningRate: 0.1, epochs: 1 } }, fleet: [{ share: 1 }, { share: 2 }] };

  it('changes a copy, by dotted paths', () => {
    expect(applySettings(scenario, { 'task.algorithm.learningRate': 0.5, 'fleet.1.share': 3, 'task.round.goal': 10 })).toEqual({ task: { algorithm: { learningRate: 0.5, epochs: 1 }, round: { goal: 10 } }, fleet: [{ share: 1 }, { share: 3 }] });
    expect(scenario).toEqual({ task: { algorithm: { learningRate: 0.1, epochs: 1 } }, fleet: [{ share: 1 }, { share: 2 }] });
  });

  it('refuses a path into what holds nothing', async () => {
    for (const path of ['task.algorithm.learningRate.x', 'fleet.2.share', 'fleet.first']) expect(await thrownBy(() => applySettings(scenario, { [path]: 1 }))).toMatchObject({ code: 'bad_usage', message: expect.stringContaining(path) as string });
  });
});

function result(settings: Settings, seed: number, more: Partial<ResultLine> | null): SweepResult {
  const line: ResultLine = { type: 'result', scenario: 's', seed, rounds: 100, roundsToTarget: 80, target: 0.97, accuracy: 0.97, loss: 0.1, bytesUp: 1000, bytesDown: 1000, virtualSeconds: 600, virtualSecondsToTarget: 500, wallSeconds: 20, digest: 'ab', ...more };
  return { run: { folder: `${JSON.stringify(settings)}${seed}`, settings, seed }, result: more === null ? null : line };
}

describe('summariseSweep', () => {
  const rows = summariseSweep([
    result({ rate: 0.05 }, 1, { roundsToTarget: 80, accuracy: 0.96 }), result({ rate: 0.05 }, 2, { roundsToTarget: 82, accuracy: 0.97 }), result({ rate: 0.05 }, 3, { roundsToTarget: 84, accuracy: 0.98 }),
    result({ rate: 0.1 }, 1, { roundsToTarget: 60, accuracy: 0.96 }), result({ rate: 0.1 }, 2, { roundsToTarget: null, virtualSecondsToTarget: null, accuracy: 0.95 }), result({ rate: 0.1 }, 3, { roundsToTarget: 62, accuracy: 0.97 }),
    result({ rate: 0.2 }, 1, { roundsToTarget: 70.5, accuracy: 0.9 }), result({ rate: 0.2 }, 2, null),
  ]);

  it('has the mean and the sample standard deviation over seeds', () => {
    expect(rows.map(({ settings, seeds, ended }) => [settings, seeds, ended])).toEqual([[{ rate: 0.05 }, [1, 2, 3], 3], [{ rate: 0.1 }, [1, 2, 3], 3], [{ rate: 0.2 }, [1, 2], 1]]);
    expect(rows.map(({ figures }) => figures.roundsToTarget)).toEqual([{ samples: 3, mean: 82, deviation: 2 }, { samples: 2, mean: 61, deviation: Math.SQRT2 }, { samples: 1, mean: 70.5, deviation: null }]);
    expect(rows[0].figures.bytes).toEqual({ samples: 3, mean: 2000, deviation: 0 });
  });

  it('marks the best of those that have ended', () => {
    // The 61 rounds of 0.1 leave out a seed that never reached the target, and 0.2 has not ended.
    expect(rows.map(({ best }) => best.includes('roundsToTarget'))).toEqual([true, false, false]);
    expect(rows.map(({ best }) => best.includes('accuracy'))).toEqual([true, false, false]);
    expect(rows.flatMap(({ best }) => best)).not.toContain('wallSeconds');
    const two = summariseSweep([result({ rate: 1 }, 1, { roundsToTarget: 5 }), result({ rate: 2 }, 1, { roundsToTarget: 4 }), result({ rate: 3 }, 1, { roundsToTarget: 4 })]);
    expect(two.map(({ best }) => best)).toEqual([[], ['roundsToTarget'], ['roundsToTarget']]);
    expect(summariseSweep([result({ rate: 1 }, 1, {})])[0].best).toEqual([]);
  });

  it('is a table for terminals', () => {
    const { head, rows: cells } = sweepTable(rows);
    expect(head).toEqual(['rate', 'seeds', 'rounds to target', 'accuracy', 'virtual time to target', 'virtual time', 'sent', 'real time']);
    expect(cells[0].slice(0, 4)).toEqual(['0.05', '3', '82.0 ± 2.0 *', '97.00 % ± 1.00 % *']);
    expect(cells[1].slice(0, 4)).toEqual(['0.1', '3', '61.0 ± 1.4 (2 of 3)', '96.00 % ± 1.00 %']);
    expect(cells[2].slice(0, 4)).toEqual(['0.2', '1 of 2', '70.5', '90.00 %']);
  });

  it('leaves out of the table what no row has', () => {
    const bare = { roundsToTarget: null, virtualSecondsToTarget: null, target: null };
    expect(sweepTable(summariseSweep([result({}, 1, bare), result({}, 2, bare)]))).toEqual({ head: ['seeds', 'accuracy', 'virtual time', 'sent', 'real time'], rows: [['2', '97.00 % ± 0.00 %', '10 min 00 s ± 0 ms', '2.0 kB ± 0 B', '20 s ± 0 ms']] });
  });

  it('is CSV and JSON', () => {
    const [head, ...lines] = sweepCsv(summariseSweep([result({ name: 'a "b", c' }, 1, { accuracy: 0.5 }), result({ name: 'a "b", c' }, 2, { accuracy: 0.75, roundsToTarget: null })])).split('\r\n');
    expect(head.split(',').slice(0, 9)).toEqual(['name', 'seeds', 'ended', 'roundsToTarget', 'roundsToTarget_deviation', 'roundsToTarget_samples', 'accuracy', 'accuracy_deviation', 'accuracy_samples']);
    expect(lines).toEqual([expect.stringMatching(/^"a ""b"", c",2,2,80,,1,0\.625,0\.1767766952966369,2,/), '']);
    expect(JSON.parse(sweepJson(rows))).toEqual(JSON.parse(JSON.stringify(rows)));
  });
});

describe('runSweep', () => {
  let folder = '';
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'murmuration-sweep-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('runs what has not ended, and goes on after an interruption', async () => {
    const runs = expandSweep({ seeds: '1..3' });
    const ran: number[] = [];
    const stop = new AbortController();
    const runOne = async ({ seed }: { readonly seed: number }, at: string): Promise<ResultLine> => {
      ran.push(seed);
      const record = sampleRecord({ seed, rounds: 3 });
      await mkdir(at, { recursive: true });
      await writeFile(join(at, RECORD_FILE), linesOf(record));
      if (seed === 2) stop.abort(new Error('stopped'));
      return record.result;
    };
    // A run that was killed before its last line.
    await mkdir(join(folder, 'seed=1'), { recursive: true });
    await writeFile(join(folder, 'seed=1', RECORD_FILE), linesOf(sampleRecord({ seed: 1, rounds: 3 })).split('\n').slice(0, 3).join('\n') + '\n{"type":"res');
    const seen: number[] = [];
    await expect(runSweep(runs, runOne, { folder, signal: stop.signal, onProgress: (results) => void seen.push(results.filter(({ result }) => result !== null).length) })).rejects.toThrow('stopped');
    expect([ran, seen]).toEqual([[1, 2], [0, 1, 2]]);
    const results = await runSweep(runs, runOne, { folder });
    expect(ran).toEqual([1, 2, 3]);
    expect(results.map(({ result }) => result)).toEqual([1, 2, 3].map((seed) => sampleRecord({ seed, rounds: 3 }).result));
    await runSweep(runs, runOne, { folder, fresh: true });
    expect(ran).toEqual([1, 2, 3, 1, 2, 3]);
  });
});
