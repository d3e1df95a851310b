import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Benchmark, Measurement } from '../../simulations/benchmarks/benchmark.ts';
import { compareFigures, compareRuns, medianError } from '../../simulations/benchmarks/compare.ts';
import { tableComparison } from '../../simulations/benchmarks/compare-output.ts';
import { runBenchmarks } from '../../simulations/benchmarks/main.ts';
import { storeOutput } from '../../simulations/benchmarks/store-output.ts';
import { figureOf, parseStoredRun, readStoredRun, type StoredRun } from '../../simulations/benchmarks/stored-run.ts';
import { thrownBy } from '../helpers/thrown.ts';

const MACHINE = { cpu: 'a processor', cores: 2, load: 0.5, node: '20.20.0', platform: 'linux x64', syncMs: 1 };
const AT = '2026-01-02T03:04:05.000Z';
const around = (middle: number): number[] => [-2, -1, 0, 1, 2].map((apart) => middle + apart);
const figure = (samples: number[], baseline?: number[], smallerIsBetter = true) => figureOf('train', 'a case', { metric: 'time', unit: 'ms', samples, baseline, smallerIsBetter });
const runOf = (name: string, ...figures: StoredRun['figures']): StoredRun => ({ name, begins: [{ bench: 'train', machine: MACHINE, at: AT }], figures });

/** Of five samples in steps of one: quartiles 1 below and above the median, 1.25 · 2 / (1.35 · √5). */
const ERROR = 2.5 / (1.35 * Math.sqrt(5));

describe('the noise of a median', () => {
  it('comes from the quartiles and the number of samples', () => {
    expect(medianError(around(10))).toBeCloseTo(0.828173, 6);
    expect(medianError([7, 7, 7, 7, 7])).toBe(0);
    // Four times the samples of the same spread: half the noise.
    expect(medianError(Array.from({ length: 21 }, (_, i) => 10 + (i - 10) / 5))).toBeCloseTo(2.5 / (1.35 * Math.sqrt(21)), 12);
  });

  it('is not moved by one wild sample, and not known of four', () => {
    expect(medianError([8, 9, 10, 11, 1000])).toBeCloseTo(ERROR, 12);
    expect(medianError([1, 2, 3, 4])).toBeNull();
  });
});

describe('two figures', () => {
  it('differ by their medians, beside the noise of both', () => {
    const { value } = compareFigures(figure(around(12)), figure(around(22)));
    expect(value).toMatchObject({ before: 12, after: 22, verdict: 'worse' });
    expect(value.change).toBeCloseTo(10 / 12, 12);
    expect(value.noise).toBeCloseTo((1.96 * Math.SQRT2 * ERROR) / 12, 12);
  });

  it.each([
    ['more than the noise, downwards', around(22), around(12), true, 'better'],
    ['more than the noise, upwards where more is better', around(12), around(22), false, 'better'],
    ['more than the noise, downwards where more is better', around(22), around(12), false, 'worse'],
    // 1.96 · √2 · 0.828 = 2.296
    ['less than the noise', around(12), around(14.29), true, 'same'],
    ['a little more than the noise', around(12), around(14.3), true, 'worse'],
    ['of too few samples', [12], [22], true, 'unknown'],
    ['of too few samples, yet not at all', [12], [12], true, 'same'],
    ['by one, of a count that never varies', Array<number>(5).fill(0), Array<number>(5).fill(1), true, 'worse'],
  ])('that differ %s', (_, before, after, smallerIsBetter, verdict) => {
    expect(compareFigures(figure(before, undefined, smallerIsBetter), figure(after, undefined, smallerIsBetter)).value.verdict).toBe(verdict);
  });

  it('have ratios to their baselines, which a machine half as fast leaves as they are', () => {
    const before = figure(around(20), around(100));
    const after = figure(around(20).map((time) => 2 * time), around(100).map((time) => 2 * time));
    expect(compareFigures(before, after)).toMatchObject({ value: { before: 20, after: 40, verdict: 'worse' }, ratio: { before: 5, after: 5, change: 0, verdict: 'same' } });
  });

  it('have noise of all four samples in their ratios', () => {
    const { ratio } = compareFigures(figure(around(20), around(100)), figure(around(10), around(100)));
    expect(ratio).toMatchObject({ before: 5, after: 10, change: 1, verdict: 'better' });
    const first = 5 * Math.hypot(ERROR / 20, ERROR / 100);
    const second = 10 * Math.hypot(ERROR / 10, ERROR / 100);
    expect(ratio?.noise).toBeCloseTo((1.96 * Math.hypot(first, second)) / 5, 12);
    expect(compareFigures(figure(around(20)), figure(around(10), around(100))).ratio).toBeNull();
  });

  it('in different units are none to compare', async () => {
    expect(await thrownBy(() => compareFigures({ ...figure([1]), unit: 's' }, figure([1])))).toMatchObject({ code: 'bad_usage', message: 'train, a case, time is in s in one run, in ms in the other' });
  });
});

describe('two runs', () => {
  it('are compared figure by figure; one that is gone is named, a case that was not run is not', () => {
    const gone = { ...figure([1]), metric: 'rss' };
    const before = runOf('before', figure(around(12)), gone, { ...figure([1]), case: 'another' });
    expect(compareRuns(before, runOf('after', figure(around(22))))).toMatchObject({ figures: [{ case: 'a case', metric: 'time' }], missing: ['train, a case, rss'], warnings: [] });
  });

  it('of other machines, and of busy ones, are compared with a warning', () => {
    const after: StoredRun = { ...runOf('after', figure([1])), begins: [{ bench: 'train', machine: { ...MACHINE, node: '24.0.0', load: 0.1 }, at: AT }, { bench: 'wire', machine: { ...MACHINE, load: 9 }, at: '2026-01-02T03:30:00.000Z' }] };
    const busy: StoredRun = { ...runOf('before', figure([1])), begins: [{ bench: 'train', machine: { ...MACHINE, load: 1.5 }, at: AT }] };
    expect(compareRuns(busy, after).warnings).toEqual([
      'careful: another Node: 20.20.0 in before, 24.0.0 in after',
      // The load of the later one's second benchmark may be that of its first.
      'careful: the machine was busy when before began, a load of 1.5 on 2 cores; trust ratios rather than times',
    ]);
  });

  it('without a figure in common are not compared', async () => {
    expect(await thrownBy(() => compareRuns(runOf('a', figure([1])), runOf('b', { ...figure([1]), bench: 'wire' })))).toMatchObject({ code: 'bad_usage', message: 'a and b have no figure in common: train a case there, wire a case here' });
  });

  it('make a table', () => {
    let text = '';
    tableComparison(compareRuns(runOf('before', figure(around(20), around(100))), runOf('after', figure(around(10), around(100)))), (more) => (text += more));
    expect(text.split('\n').find((line) => line.startsWith('train a case'))?.split(/\s{2,}|(?<=%) /)).toEqual(['train a case', 'time', '20', '10', 'ms', '-50.0 %', '±11.5 %', 'better', '5 → 10', 'better']);
  });
});

describe('a stored run', () => {
  let folder = '';
  const bench = (name: string, samples: readonly number[]): Benchmark => ({ name, summary: name, cases: ['a case'], defaultRuns: 1, caseSeconds: 1, run: () => Promise.resolve<Measurement[]>([{ metric: 'time', unit: 'ms', samples, baseline: [2, 4], smallerIsBetter: true }]) });
  const run = async (args: readonly string[], benchmarks: readonly Benchmark[]): Promise<{ code: number; out: string; complaint: string }> => {
    let [out, complaint] = ['', ''];
    const code = await runBenchmarks(args, (text) => (out += text), (text) => (complaint += text), benchmarks);
    return { code, out, complaint };
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'murmuration-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('comes back as it was measured, and is what --json prints with the samples beside it', async () => {
    const file = join(folder, 'run.jsonl');
    expect(await run(['wire', '--save', file], [bench('wire', [1, 3, 2])])).toMatchObject({ code: 0 });
    const lines = (await readFile(file, 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines[1]).toEqual({ bench: 'wire', case: 'a case', metric: 'time', value: 2, unit: 'ms', baseline: 3, ratio: 1.5, smallerIsBetter: true, samples: [1, 3, 2], baselineSamples: [2, 4] });
    const { begins, figures } = await readStoredRun(file);
    expect(begins).toMatchObject([{ bench: 'wire', machine: { node: process.versions.node } }]);
    expect(figures).toEqual([{ bench: 'wire', case: 'a case', metric: 'time', unit: 'ms', smallerIsBetter: true, samples: [1, 3, 2], baselineSamples: [2, 4] }]);
  });

  it('lies in a file for each benchmark where a folder is named', async () => {
    const runs = join(folder, 'runs');
    await mkdir(runs);
    await run(['all', '--save', runs], [bench('round', [5]), bench('wire', [6])]);
    expect((await readStoredRun(join(runs, 'round.jsonl'))).figures).toMatchObject([{ bench: 'round', samples: [5] }]);
    expect((await readStoredRun(runs)).figures).toMatchObject([{ samples: [5] }, { samples: [6] }]);
  });

  it('is compared with a new run, and with another stored one', async () => {
    const [slow, fast] = [join(folder, 'slow.jsonl'), join(folder, 'fast.jsonl')];
    await run(['wire', '--save', slow], [bench('wire', around(20))]);
    const { code, out } = await run(['wire', '--json', '--compare', slow, '--save', fast], [bench('wire', around(10))]);
    expect(code).toBe(0);
    const compared = JSON.parse(out.trim().split('\n').at(-1) ?? '') as unknown;
    expect(compared).toMatchObject({ compare: { before: slow, after: 'this run' }, bench: 'wire', case: 'a case', metric: 'time', unit: 'ms', value: { before: 20, after: 10, change: -0.5, verdict: 'better' } });
    const stored = await run(['compare', fast, slow, '--json'], []);
    expect(JSON.parse(stored.out)).toMatchObject({ compare: { before: fast, after: slow }, value: { before: 10, after: 20, change: 1, verdict: 'worse' } });
  });

  it('that cannot be read or written is said before anything is measured', async () => {
    const never: Benchmark = { ...bench('wire', [1]), run: () => Promise.reject(new Error('measured all the same')) };
    for (const option of ['--save', '--compare']) {
      const { code, out, complaint } = await run(['wire', option, join(folder, 'nowhere', 'run.jsonl')], [never]);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(complaint).toMatch(/^bad_usage: .*nowhere/);
    }
  });

  it.each([
    ['nonsense', '{"bench":\n', 'line 1: this is no JSON'],
    ['something else', '{"name":"murmuration"}', 'line 1: this is no line of a stored run'],
    ['a run without its samples', `${JSON.stringify({ bench: 'wire', machine: MACHINE, at: AT })}\n{"bench":"wire","case":"a","metric":"time","value":1,"unit":"ms","baseline":null,"ratio":null}`, 'line 2: this is no line'],
    ['a figure twice', [JSON.stringify({ bench: 'train', machine: MACHINE, at: AT }), JSON.stringify(figure([1])), JSON.stringify(figure([2]))].join('\n'), 'line 3: train, a case, time is there a second time'],
    ['a figure of no machine', JSON.stringify(figure([1])), 'line 1: a figure of train, and no line before it says on what machine'],
    ['nothing', '\n', 'holds no figure'],
  ])('that is %s is refused with its place', async (_, text, said) => {
    expect(await thrownBy(() => parseStoredRun('run.jsonl', text))).toMatchObject({ code: 'bad_usage', message: expect.stringContaining(said) as string });
  });

  it('may hold remarks: they are no figures', async () => {
    const file = join(folder, 'remarks.jsonl');
    const output = storeOutput(file, ['train'], () => new Date(AT));
    output.begin('train', MACHINE);
    output.skipped('train', 'one', 'no device');
    output.note('train', 'two', 'something');
    output.result('train', 'two', [{ metric: 'time', unit: 'ms', samples: [1], smallerIsBetter: true }]);
    expect(await readStoredRun(file)).toEqual({ name: file, begins: [{ bench: 'train', machine: MACHINE, at: AT }], figures: [{ ...figure([1]), case: 'two' }] });
  });

  it('that is an empty folder is refused', async () => {
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'empty', 'notes.md'), '');
    expect(await thrownBy(() => readStoredRun(join(folder, 'empty')))).toMatchObject({ code: 'bad_usage', message: expect.stringContaining('holds no stored run') as string });
  });
});
