import { describe, expect, it } from 'vitest';
import { MurmurError } from '../../shared/errors.ts';
import { skipped, type Benchmark, type Measurement } from '../../simulations/benchmarks/benchmark.ts';
import { runBenchmarks } from '../../simulations/benchmarks/main.ts';
import { parseBenchArguments } from '../../simulations/benchmarks/options.ts';
import { jsonOutput, tableOutput } from '../../simulations/benchmarks/output.ts';
import { quantile, resultLine, rounded, spreadOf } from '../../simulations/benchmarks/summary.ts';
import { thrownBy } from '../helpers/thrown.ts';

const MACHINE = { cpu: 'a processor', cores: 2, load: 0.5, node: '20.20.0', platform: 'linux x64', syncMs: 1 };
const TIME: Measurement = { metric: 'time', unit: 'ms', samples: [30, 10, 20, 40], baseline: [50, 50], smallerIsBetter: true };
const RATE: Measurement = { metric: 'reports', unit: '1/s', samples: [300], baseline: [100], smallerIsBetter: false };

const fake = (name: string): Benchmark => ({ name, summary: name, cases: ['small', 'large'], defaultRuns: 7, caseSeconds: 1, run: () => Promise.resolve([TIME]) });

describe('a summary', () => {
  it('interpolates quantiles between samples, whatever their order', async () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((fraction) => quantile([40, 10, 30, 20], fraction))).toEqual([10, 17.5, 25, 32.5, 40]);
    expect(spreadOf([3])).toEqual({ samples: 1, min: 3, lowerQuartile: 3, median: 3, upperQuartile: 3, max: 3 });
    expect(await thrownBy(() => quantile([], 0.5))).toMatchObject({ code: 'internal' });
  });

  it('says how many times better than the baseline we are, whichever way better lies', () => {
    expect(resultLine('round', '8x1M', TIME)).toEqual({ bench: 'round', case: '8x1M', metric: 'time', value: 25, unit: 'ms', baseline: 50, ratio: 2 });
    expect(resultLine('round', '8x1M', RATE)).toMatchObject({ value: 300, baseline: 100, ratio: 3 });
    expect(resultLine('round', '8x1M', { ...TIME, baseline: undefined })).toMatchObject({ baseline: null, ratio: null });
  });

  it('keeps four digits, and whole numbers whole', () => {
    expect([32_002_688, 1234.56, 12.3456, 0.000123456].map(rounded)).toEqual([32_002_688, 1235, 12.35, 0.0001235]);
  });
});

describe('the output', () => {
  it('is one JSON object a line: the machine, each measurement, the spread', () => {
    const lines: unknown[] = [];
    const output = jsonOutput((line) => lines.push(JSON.parse(line)));
    output.begin('round', MACHINE);
    output.result('round', '8x1M', [TIME, RATE]);
    expect(lines).toEqual([
      { bench: 'round', machine: MACHINE },
      { bench: 'round', case: '8x1M', metric: 'time', value: 25, unit: 'ms', baseline: 50, ratio: 2 },
      { bench: 'round', case: '8x1M', metric: 'reports', value: 300, unit: '1/s', baseline: 100, ratio: 3 },
      { bench: 'round', case: '8x1M', spread: { time: { ours: spreadOf(TIME.samples), baseline: spreadOf([50, 50]) }, reports: { ours: spreadOf([300]), baseline: spreadOf([100]) } } },
    ]);
  });

  it('is a table for people', () => {
    let text = '';
    const output = tableOutput((line) => (text += line));
    output.begin('round', MACHINE);
    output.result('round', '8x1M', [TIME]);
    expect(text).toContain('a processor, 2 cores, load 0.5, Node 20.20.0');
    expect(text.split('\n').find((line) => line.startsWith('8x1M'))?.split(/\s+/)).toEqual(['8x1M', 'time', '25', 'ms', '17.5', '…', '32.5', '10', '50', '2×']);
  });
});

describe('the arguments', () => {
  const benchmarks = [fake('round'), { ...fake('wire'), plotCases: ['large', 'huge'], accepts: (name: string) => { if (!/^\d+$/.test(name)) throw new MurmurError('bad_usage', `no number: ${name}`); } }];
  const plans = (args: readonly string[]): unknown => {
    const command = parseBenchArguments(args, benchmarks);
    return command.type === 'run' ? command.options.plans.map(({ benchmark, cases }) => [benchmark.name, cases]) : command;
  };

  it('name a benchmark, and perhaps cases and runs', () => {
    expect(parseBenchArguments(['wire'], benchmarks)).toMatchObject({ type: 'run', options: { runs: null, json: false, save: null, compare: null } });
    expect(plans(['wire'])).toEqual([['wire', ['small', 'large']]]);
    expect(parseBenchArguments(['--json', 'round', '--case', 'large', '--runs', '3', '--save', 'a', '--compare', 'b'], benchmarks)).toMatchObject({ options: { runs: 3, json: true, save: 'a', compare: 'b' } });
    expect(plans(['round', '--case', 'large'])).toEqual([['round', ['large']]]);
  });

  it('name all of them, and the cases that only plots show', () => {
    expect(plans(['all'])).toEqual([['round', ['small', 'large']], ['wire', ['small', 'large']]]);
    expect(plans(['all', '--plots'])).toEqual([['round', ['small', 'large']], ['wire', ['small', 'large', 'huge']]]);
  });

  it('name further cases where the benchmark takes any', () => {
    expect(plans(['wire', '--case', '77', '--case', 'small'])).toEqual([['wire', ['77', 'small']]]);
  });

  it('name two stored runs', () => {
    expect(plans(['compare', 'a', 'b', '--json'])).toEqual({ type: 'compare', before: 'a', after: 'b', json: true });
  });

  it.each([
    [[], 'round, wire, all'],
    [['nothing'], 'round, wire, all'],
    [['round', 'wire'], '"wire"'],
    [['round', '--case', 'huge'], 'small, large'],
    [['wire', '--case', 'x'], 'no number: x'],
    [['round', '--runs', '0'], '--runs 0'],
    [['round', '--fast'], '--fast'],
    [['all', '--case', 'small'], 'one benchmark'],
    [['round', '--case', 'small', '--plots'], 'one of the two'],
    [['compare', 'a'], 'compare BEFORE AFTER'],
    [['compare', 'a', 'b', 'c'], 'compare BEFORE AFTER'],
    [['compare', 'a', 'b', '--save', 'c'], '--save'],
  ])('%j are refused with what there is instead', async (args, said) => {
    expect(await thrownBy(() => parseBenchArguments(args, benchmarks))).toMatchObject({ code: 'bad_usage', message: expect.stringContaining(said) as string });
  });

  it('end with status 2 and the list where the name is unknown', async () => {
    let complaint = '';
    const code = await runBenchmarks(['nothing'], () => undefined, (text) => (complaint += text));
    expect(code).toBe(2);
    expect(complaint).toMatch(/no benchmark "nothing".*\bround\b.*\bwire\b/);
  });
});

describe('a run', () => {
  const failing: Benchmark = {
    ...fake('broken'), cases: ['burst', 'slow', 'absent', 'well'], caseSeconds: 0.01, runsOf: (name) => name.length,
    async run(name, { signal, note, runs }) {
      if (name === 'burst') throw new MurmurError('internal', 'it burst');
      if (name === 'absent') throw skipped('no such device');
      if (name === 'slow') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
      note?.(`${runs} runs`);
      return [RATE];
    },
  };

  it('of all goes on behind a case that fails, and ends with status 1', async () => {
    const lines: Record<string, unknown>[] = [];
    let complaint = '';
    const code = await runBenchmarks(['all', '--json'], (line) => void lines.push(JSON.parse(line) as Record<string, unknown>), (text) => (complaint += text), [failing, fake('round')]);
    expect(code).toBe(1);
    expect(complaint).toBe('2 of 6 cases failed: broken burst; broken slow\n');
    expect(lines.filter((line) => line.bench === 'broken' && !('machine' in line))).toEqual([
      { bench: 'broken', case: 'burst', error: { code: 'internal', message: 'it burst' } },
      { bench: 'broken', case: 'slow', error: { code: 'timeout', message: 'broken slow did not end within 0.01 s; is the machine busy?' } },
      { bench: 'broken', case: 'absent', skipped: 'no such device' },
      { bench: 'broken', case: 'well', note: '4 runs' },
      { bench: 'broken', case: 'well', metric: 'reports', value: 300, unit: '1/s', baseline: 100, ratio: 3 },
      { bench: 'broken', case: 'well', spread: { reports: { ours: spreadOf([300]), baseline: spreadOf([100]) } } },
    ]);
    expect(lines.filter((line) => line.bench === 'round' && 'metric' in line).map((line) => line.case)).toEqual(['small', 'large']);
  });

  it('tells people the same', async () => {
    let text = '';
    expect(await runBenchmarks(['broken', '--case', 'absent', '--case', 'burst'], (more) => (text += more), () => undefined, [failing])).toBe(1);
    expect(text).toContain('absent: skipped: no such device\n');
    expect(text).toContain('burst: failed: internal: it burst\n');
  });

  it('in which something is skipped is none that failed', async () => {
    expect(await runBenchmarks(['broken', '--case', 'absent'], () => undefined, () => undefined, [failing])).toBe(0);
  });
});
